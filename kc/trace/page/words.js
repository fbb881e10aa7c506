/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens at each step, told to who sees a virtqueue for the first time. */

function pieces(n)
{
	return plural(n, "piece");
}

/* What the buffer consists of, as far as it is known. */
function contents(queue, i)
{
	const { all } = queue;

	if (!(all.at[MOMENT.POPPED][i] === all.at[MOMENT.POPPED][i]))
		return "its descriptors (the device was not seen to read them, so they are not recorded)";
	const way = all.flags[i] & FLAG.INDIRECT
		? ", all in an indirect table, so that the ring spends one descriptor on it" : "";

	return `${plural(all.chain[i], "descriptor")}: ${pieces(all.outNum[i])} of memory that the device may read ` +
		`(${formatBytes(all.outBytes[i])}) and ${all.inNum[i]} that it may write (${formatBytes(all.inBytes[i])})${way}`;
}

function slotOf(queue, place)
{
	return queue.packed ? place & ~WRAP : queue.size ? place % queue.size : place;
}

function wrapOf(place)
{
	return place & WRAP ? 1 : 0;
}

function addedStory(queue, i)
{
	const { all } = queue, slot = slotOf(queue, all.position[i]);

	if (all.fate[i] === FATE.REFUSED)
		return "The driver tries to add a buffer, and the ring has no room for it: nothing is written.";
	if (queue.packed)
		return `The driver writes ${contents(queue, i)}, from slot ${slot} on, and gives it the id ${all.head[i]}. ` +
			`Last it turns the first slot's AVAIL bit to ${wrapOf(all.position[i])}, its wrap counter, and USED to the ` +
			"opposite: from then on the device may take it.";
	return `The driver writes ${contents(queue, i)}. The first is descriptor ${all.head[i]}, the head. It puts the head into ` +
		`avail.ring[${slot}] and then raises avail.idx to ${(all.position[i] + 1) % LAP}: from then on the device may take it.`;
}

function kickedStory(queue, i)
{
	const { all } = queue;
	const covers = all.kick[i] ? queue.kickAll.buffers[all.kick[i] - 1] : 0;
	const asked = queue.about.event_idx ? "the index at which the device wants to be told has been passed"
		: "the device has not said that it needs no notification";

	return `The driver looks whether the device wants to be told: ${asked}. So it kicks: it writes the queue's number to ` +
		`the notification register. ${covers ? `This kick covers ${plural(covers, "buffer")}. ` : ""}Nothing changes in the ring.` +
		(all.flags[i] & FLAG.POLLED ? " The device had taken this buffer by itself before the kick reached it." : "");
}

function poppedStory(queue, i)
{
	const { all } = queue, slot = slotOf(queue, all.position[i]);

	if (queue.packed)
		return `The device looks at slot ${slot}, where it is to go on: AVAIL equals its wrap counter ` +
			`(${wrapOf(all.position[i])}) and USED does not, so the slot is new. It reads ${contents(queue, i)}. ` +
			"It writes nothing to the ring.";
	return `The device sees that avail.idx is ahead of the index up to which it has read. It reads the head ${all.head[i]} from ` +
		`avail.ring[${slot}] and follows the chain in the descriptor table: ${contents(queue, i)}. ` +
		(queue.about.event_idx ? "If it wants a kick for the next one, it writes that one's index into avail_event, behind the used ring."
			: "It writes nothing to the ring.");
}

function isOverlong(queue, i)
{
	return (queue.all.flags[i] & FLAG.OVERLONG) !== 0;
}

/* As numbers, for rounded ones hide by how much. */
function overlongWords(queue, i)
{
	return `Wrong: the device says that it wrote ${queue.all.written[i]} bytes, into ${queue.all.inBytes[i]} that it was given.`;
}

function overlongStory(queue)
{
	const i = queue.all.flags.findIndex((flags) => flags & FLAG.OVERLONG);

	return `of ${plural(queue.stats.overlong, "buffer")} the device says that it wrote more than it was given room for, ` +
		`${formatCount(queue.stats.excess_bytes)} bytes too many; first of ${queue.packed ? "id" : "head"} ${queue.all.head[i]}.`;
}

function filledStory(queue, i)
{
	const wrote = formatBytes(queue.all.written[i]) + (isOverlong(queue, i) ? ` (${overlongWords(queue, i)})` : "");

	if (queue.packed)
		return `The device is done; it wrote ${wrote} into the buffer. It keeps in mind what is to be put into the ring.`;
	return `The device is done; it wrote ${wrote} into the buffer. It puts the head ${queue.all.head[i]} and that length into the ` +
		"used ring, beyond used.idx, where the driver does not look yet.";
}

function pushedStory(queue, i)
{
	const { all } = queue;
	const place = all.at[MOMENT.COLLECTED][i] === all.at[MOMENT.COLLECTED][i] ? all.used[i] : -1;

	if (place < 0)
		return "The device shows the buffer to the driver as used. Where in the ring is not recorded, as the driver never collected it.";
	if (queue.packed)
		return `The device writes the id ${all.head[i]} and the length ${all.written[i]} over slot ${slotOf(queue, place)}, then sets ` +
			`both AVAIL and USED to its wrap counter (${wrapOf(place)}): the driver may take it back.`;
	return `The device raises used.idx to ${(place + 1) % LAP} (at once for several buffers, where it finished several): ` +
		`used.ring[${slotOf(queue, place)}] tells the driver that the chain of head ${all.head[i]} is used, with ` +
		`${formatBytes(all.written[i])} written.`;
}

function raisedStory(queue, i)
{
	const { all } = queue;
	const covers = all.interrupt[i] ? queue.interruptAll.buffers[all.interrupt[i] - 1] : 0;
	const vector = queue.vector >= 0 ? ` (MSI-X vector ${queue.vector})` : "";

	const asked = queue.about.event_idx ? "The index at which the driver wants to be told has been passed"
		: "The driver has not said that it needs no interrupt";

	return `${asked}, so the device raises one${vector}. ` +
		`${covers ? `It covers ${plural(covers, "buffer")}. ` : ""}Nothing changes in the ring.`;
}

function takenStory(queue, i)
{
	const { interrupt } = queue.all;
	const cpu = interrupt[i] ? ` on CPU ${queue.interruptAll.cpu[interrupt[i] - 1]}` : "";

	return `The guest's CPU is in the queue's interrupt handler${cpu}, which calls the driver.`;
}

function collectedStory(queue, i)
{
	const { all } = queue, slot = slotOf(queue, all.used[i]);
	const event = queue.about.event_idx ? `If it wants an interrupt for the next one, it writes that one's index ` +
		`${queue.packed ? "into its event suppression structure" : "into used_event, behind the avail ring"}. ` : "";

	if (queue.packed)
		return `The driver sees that AVAIL and USED of slot ${slot} both equal its wrap counter (${wrapOf(all.used[i])}). By the id ` +
			`${all.head[i]} it finds its buffer, and the slots are free again. ${event}This is on CPU ${all.collectCpu[i]}.`;
	return `The driver reads used.ring[${slot}]. By the head ${all.head[i]} it finds its buffer, puts the descriptors back on its ` +
		`list of free ones, and goes on at ${(all.used[i] + 1) % LAP}. The memory is its own again. ${event}This is on CPU ${all.collectCpu[i]}.`;
}

function storyOf(queue, i, moment)
{
	switch (moment) {
	case MOMENT.ADDED: return `${addedStory(queue, i)} This is on CPU ${queue.all.addCpu[i]}.`;
	case MOMENT.KICKED: return kickedStory(queue, i);
	case MOMENT.NOTIFIED: return "The write to the register has reached QEMU, and the device goes to look at the queue.";
	case MOMENT.POPPED: return poppedStory(queue, i);
	case MOMENT.FILLED: return filledStory(queue, i);
	case MOMENT.PUSHED: return pushedStory(queue, i);
	case MOMENT.RAISED: return raisedStory(queue, i);
	case MOMENT.TAKEN: return takenStory(queue, i);
	}
	return collectedStory(queue, i);
}

/* Why a step that one would look for is missing: [before which moment, text]. */
function missingSteps(queue, i)
{
	const { all } = queue, { at } = all;
	const lacks = (m) => at[m][i] !== at[m][i];
	const notes = [];

	if (all.flags[i] & FLAG.KICK_SUPPRESSED)
		notes.push([MOMENT.POPPED, "no kick: the device had said that it needs none"]);
	else if (lacks(MOMENT.KICKED) && !lacks(MOMENT.ADDED) && all.fate[i] !== FATE.REFUSED)
		notes.push([MOMENT.POPPED, "no kick recorded that covers it"]);
	if (all.flags[i] & FLAG.INTERRUPT_SUPPRESSED)
		notes.push([MOMENT.COLLECTED, "no interrupt: the driver had said that it needs none"]);
	else if (lacks(MOMENT.TAKEN) && !lacks(MOMENT.COLLECTED) && all.fate[i] !== FATE.DRIVER_ONLY)
		notes.push([MOMENT.COLLECTED, lacks(MOMENT.RAISED) ? "no interrupt recorded that covers it"
			: "collected before that interrupt was taken"]);
	return notes;
}

function fateStory(trace, queue, i)
{
	switch (queue.all.fate[i]) {
	case FATE.AT_START: return "It was under way when the trace began: what came before is not recorded.";
	case FATE.AT_END: return "It was still under way when the trace ended.";
	case FATE.WITHDRAWN: return "It was taken back without having been used, or its queue was reset; when is not recorded.";
	case FATE.DROPPED: return "The device took it and never gave it back.";
	case FATE.TOUCHED: return "Events were lost around it: what is shown was seen, what is missing may have happened.";
	case FATE.UNADDED: return "It is no buffer of the driver's: the device took a head that was not added by virtqueue_add_*().";
	case FATE.UNASKED: return "It is no buffer of the driver's: the device gave back a head that it had not taken.";
	case FATE.DRIVER_ONLY: return "The device runs outside QEMU (vhost), where it is not seen: only the driver's steps are recorded.";
	}
	return "";
}
