/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings as they stood at a moment, from the records and nothing else: what
 * was not recorded is null. Of other buffers, what the other side did within
 * the clock's bound of the moment may have been a moment earlier or later; it
 * is marked as unsure.
 */

const PHASE = { AVAILABLE: 0, DEVICE: 1, USED: 2, FREE: 3 };
const LAP = 65536;

/* When it was known to be in the ring; before the trace began: -Infinity. */
function addKey(all, i)
{
	const { at } = all;

	if (all.fate[i] === FATE.REFUSED)
		return NaN;
	if (all.fate[i] === FATE.AT_START && at[MOMENT.POPPED][i] === at[MOMENT.POPPED][i])
		return -Infinity;
	return known(at[MOMENT.ADDED][i], at[MOMENT.POPPED][i]);
}

/* When it was in the used ring; its place is known only of those collected. */
function usedKey(all, i)
{
	const { at } = all;

	if (at[MOMENT.COLLECTED][i] !== at[MOMENT.COLLECTED][i])
		return NaN;
	return known(at[MOMENT.PUSHED][i], all.fate[i] === FATE.AT_START ? -Infinity : at[MOMENT.COLLECTED][i]);
}

/* Those with a key, by it; equal ones by what came first in the ring. */
function sorted(n, key, second)
{
	const list = [];

	for (let i = 0; i < n; i++)
		if (key[i] === key[i])
			list.push(i);
	return Uint32Array.from(list).sort((a, b) =>
		(key[a] < key[b] ? -1 : key[a] > key[b] ? 1 : second(a, b) || a - b));
}

function keysOf(n, key)
{
	return Float64Array.from({ length: n }, (unused, i) => key(i));
}

class Orders {
	constructor(all)
	{
		const { n, at } = all;
		const byPopped = (a, b) => at[MOMENT.POPPED][a] - at[MOMENT.POPPED][b];

		this.addKeys = keysOf(n, (i) => addKey(all, i));
		this.usedKeys = keysOf(n, (i) => usedKey(all, i));
		this.adds = sorted(n, this.addKeys, byPopped);
		this.uses = sorted(n, this.usedKeys, (a, b) => at[MOMENT.COLLECTED][a] - at[MOMENT.COLLECTED][b]);
		this.pops = sorted(n, at[MOMENT.POPPED], () => 0);
		this.collects = sorted(n, at[MOMENT.COLLECTED], () => 0);
		/* Pushed, but never collected: their place in the ring is not recorded. */
		this.placeless = sorted(n, at[MOMENT.PUSHED], () => 0).filter((i) => !(this.usedKeys[i] >= -Infinity));
	}
}

function ordersOf(queue)
{
	if (!queue.orders)
		queue.orders = new Orders(queue.all);
	return queue.orders;
}

/* How many of @list have a key not after @time. */
function countKeys(list, keys, time)
{
	let low = 0, high = list.length;

	while (low < high) {
		const middle = (low + high) >>> 1;

		if (keys[list[middle]] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* One step of one buffer: which moments of its own have been, and the time. */
class Instant {
	constructor(trace, queue, i, moments, step)
	{
		this.queue = queue;
		this.i = i;
		this.own = new Set(moments.slice(0, step + 1));
		this.moment = moments[step];
		this.time = queue.all.at[this.moment][i];
		this.bound = trace.bound;
		this.lossy = trace.lost_driver + trace.lost_device + trace.probes_missed > 0;
	}

	/* Between these the ring holds it for certain, whatever was lost of others. */
	holdsAdded()
	{
		return this.isIn(this.i) && (this.moment === MOMENT.POPPED || !this.own.has(MOMENT.POPPED)) &&
			!this.own.has(MOMENT.PUSHED) && !this.own.has(MOMENT.COLLECTED);
	}

	holdsUsed()
	{
		return this.isUsed(this.i) && ordersOf(this.queue).usedKeys[this.i] >= -Infinity;
	}

	/* Whether what happened to @i has been by now. */
	has(i, moment)
	{
		return i === this.i ? this.own.has(moment) : this.queue.all.at[moment][i] <= this.time;
	}

	/* Whether that might be otherwise by what is known of the clocks. */
	unsure(i, moment)
	{
		const time = this.queue.all.at[moment][i];

		return i !== this.i && isDriversMoment(moment) !== isDriversMoment(this.moment) &&
			Math.abs(time - this.time) <= this.bound;
	}

	phase(i)
	{
		if (this.has(i, MOMENT.COLLECTED))
			return PHASE.FREE;
		if (this.has(i, MOMENT.PUSHED))
			return PHASE.USED;
		return this.has(i, MOMENT.POPPED) ? PHASE.DEVICE : PHASE.AVAILABLE;
	}

	/* Whether its place in the ring holds it by now. */
	isIn(i)
	{
		if (i === this.i)
			return this.own.has(MOMENT.ADDED) || this.own.has(MOMENT.POPPED) ||
				this.queue.all.at[MOMENT.ADDED][i] !== this.queue.all.at[MOMENT.ADDED][i];
		return ordersOf(this.queue).addKeys[i] <= this.time;
	}

	isUsed(i)
	{
		if (i === this.i)
			return this.own.has(MOMENT.PUSHED) || this.own.has(MOMENT.COLLECTED);
		return ordersOf(this.queue).usedKeys[i] <= this.time;
	}
}

/*
 * Those that came before, the newest first, for as long as each follows on the
 * one before it: where it does not, events were lost or the queue was reset,
 * and what lies further back may not be there any more.
 */
function walkBack(instant, list, keys, isThere, follows, limit)
{
	const found = [];

	/* Own events come in their own order, whatever their times. */
	for (let k = countKeys(list, keys, instant.time + instant.bound) - 1; k >= 0 && found.length < limit; k--) {
		const i = list[k];

		if (!isThere(i))
			continue;
		if (found.length && !follows(found[found.length - 1], i))
			break;
		found.push(i);
	}
	return found;
}

function splitAdds(instant)
{
	const { queue } = instant, { all } = queue, orders = ordersOf(queue);

	return walkBack(instant, orders.adds, orders.addKeys, (i) => instant.isIn(i),
		(newer, older) => (all.position[newer] - all.position[older] + LAP) % LAP === 1, queue.size);
}

function splitUses(instant)
{
	const { queue } = instant, { all } = queue, orders = ordersOf(queue);

	return walkBack(instant, orders.uses, orders.usedKeys, (i) => instant.isUsed(i),
		(newer, older) => (all.used[newer] - all.used[older] + LAP) % LAP === 1, queue.size);
}

/* The newest for which @moment has been; -1. */
function newest(instant, list, moment)
{
	const times = instant.queue.all.at[moment];

	for (let k = countKeys(list, times, instant.time + instant.bound) - 1; k >= 0; k--)
		if (instant.has(list[k], moment))
			return list[k];
	return -1;
}

/* Whether another's doing by the other side, or one that was lost, might have been by now. */
function isUnsure(instant, list, moment)
{
	const times = instant.queue.all.at[moment];

	if (instant.lossy)
		return true;
	for (let k = countKeys(list, times, instant.time + instant.bound) - 1; k >= 0; k--) {
		if (times[list[k]] < instant.time - instant.bound)
			return false;
		if (instant.unsure(list[k], moment))
			return true;
	}
	return false;
}

/* An index one beyond that of @i: { value, unsure }, or null. */
function after(instant, i, places, list, moment)
{
	return i < 0 ? null : { value: (places[i] + 1) % LAP, unsure: isUnsure(instant, list, moment) };
}

/* The newest in the used ring; -1 where others are, or may be, whose place is not recorded. */
function newestUsed(instant, uses)
{
	const { placeless } = ordersOf(instant.queue);
	const times = instant.queue.all.at[MOMENT.PUSHED];

	if (!uses.length || countKeys(placeless, times, instant.time + instant.bound))
		return -1;
	return uses[0];
}

/* What was recorded of a buffer's descriptors: [{ address, len, flags, index }]. */
function descriptorsOf(trace, queue, i)
{
	const { firstDescriptor } = queue.all;
	const list = [];

	for (let k = firstDescriptor[i]; k < firstDescriptor[i + 1]; k++)
		list.push(trace.descriptors.get(k));
	return list;
}

/*
 * The descriptor table: by index, { i, phase, descriptor, next, head }. Of a
 * buffer whose descriptors were not recorded only the head is known.
 */
function splitTable(trace, instant, adds)
{
	const { all } = instant.queue;
	const table = new Map();

	for (const i of adds) {
		const chain = descriptorsOf(trace, instant.queue, i);
		const list = all.flags[i] & FLAG.INDIRECT ? chain.slice(0, 1) : chain;
		const phase = instant.phase(i);
		const put = (index, entry) => table.has(index) || table.set(index, { i, phase, ...entry });

		if (!list.length)
			put(all.head[i], { descriptor: null, next: null, head: true });
		list.forEach((descriptor, k) => put(descriptor.index, {
			descriptor, head: k === 0, next: k + 1 < list.length ? list[k + 1].index : null }));
	}
	return table;
}

function splitState(trace, instant)
{
	const { queue } = instant, { all, size } = queue, orders = ordersOf(queue);
	const adds = splitAdds(instant), uses = splitUses(instant);
	const avail = new Map(), used = new Map();

	if (instant.holdsAdded() && !adds.includes(instant.i))
		adds.push(instant.i);
	if (instant.holdsUsed() && !uses.includes(instant.i))
		uses.push(instant.i);
	for (const i of adds)
		avail.set(all.position[i] % size, { i, head: all.head[i], unsure: instant.unsure(i, MOMENT.ADDED) });
	for (const i of uses)
		used.set(all.used[i] % size, usedEntry(instant, i, true));
	if (instant.own.has(MOMENT.FILLED) && !instant.isUsed(instant.i) && ordersOf(queue).usedKeys[instant.i] >= 0)
		used.set(all.used[instant.i] % size, usedEntry(instant, instant.i, false));
	const lastPop = newest(instant, orders.pops, MOMENT.POPPED);
	const lastCollect = newest(instant, orders.collects, MOMENT.COLLECTED);
	return {
		packed: false, avail, used, table: splitTable(trace, instant, instant.isIn(instant.i) ? [instant.i, ...adds] : adds),
		availIdx: after(instant, adds.length ? adds[0] : -1, all.position, orders.adds, MOMENT.ADDED),
		usedIdx: after(instant, newestUsed(instant, uses), all.used, orders.uses, MOMENT.PUSHED),
		lastAvail: after(instant, lastPop, all.position, orders.pops, MOMENT.POPPED),
		lastUsed: after(instant, lastCollect, all.used, orders.collects, MOMENT.COLLECTED),
	};
}

function usedEntry(instant, i, visible)
{
	const { all } = instant.queue, { at } = all;
	const seen = at[MOMENT.FILLED][i] === at[MOMENT.FILLED][i] || at[MOMENT.PUSHED][i] === at[MOMENT.PUSHED][i];

	return { i, id: all.head[i], len: seen ? all.written[i] : null, visible,
		unsure: instant.unsure(i, MOMENT.PUSHED) };
}

const WRAP = 0x8000;

/* A place @slots further on in a packed ring: slot, and the wrap counter in bit 15. */
function advance(place, slots, size)
{
	const slot = (place & ~WRAP) + slots;

	return slot < size ? (place & WRAP) | slot : ((place ^ WRAP) & WRAP) | (slot - size);
}

function packedWalk(instant, used)
{
	const { queue } = instant, { all } = queue, orders = ordersOf(queue);
	const places = used ? all.used : all.position;
	const follows = (newer, older) =>
		all.slots[older] && advance(places[older], all.slots[older], queue.size) === places[newer];

	return used ? walkBack(instant, orders.uses, orders.usedKeys, (i) => instant.isUsed(i), follows, queue.size)
		: walkBack(instant, orders.adds, orders.addKeys, (i) => instant.isIn(i), follows, queue.size);
}

function packedAdd(trace, instant, ring, i)
{
	const { queue } = instant, { all, size } = queue;
	const list = descriptorsOf(trace, queue, i);
	const slots = all.slots[i] || 1;

	for (let k = 0; k < slots; k++) {
		const place = advance(all.position[i], k, size);
		const slot = place & ~WRAP;

		if (!ring.has(slot))
			ring.set(slot, { i, phase: instant.phase(i), written: "driver", head: k === 0,
				descriptor: list.length ? list[k] : null,
				id: k === slots - 1 && all.slots[i] ? all.head[i] : null,
				avail: place & WRAP ? 1 : 0, used: place & WRAP ? 0 : 1,
				unsure: instant.unsure(i, MOMENT.ADDED) });
	}
}

function packedUse(instant, ring, i)
{
	const { all } = instant.queue;
	const place = all.used[i], slot = place & ~WRAP;
	const entry = usedEntry(instant, i, true);

	if (!ring.has(slot))
		ring.set(slot, { ...entry, phase: instant.phase(i), written: "device", head: true, descriptor: null,
			avail: place & WRAP ? 1 : 0, used: place & WRAP ? 1 : 0 });
}

/*
 * Both sides write the same slots. The driver writes to one only after it has
 * collected what the device had put there, so that the newest of both, taken
 * by the driver's own order, is what is there.
 */
function packedState(trace, instant)
{
	const { queue } = instant, { all, size } = queue, orders = ordersOf(queue);
	const adds = packedWalk(instant, false), uses = packedWalk(instant, true);
	const ring = new Map();
	let k = 0;

	if (instant.holdsAdded())
		packedAdd(trace, instant, ring, instant.i);
	if (instant.holdsUsed())
		packedUse(instant, ring, instant.i);
	for (const i of adds) {
		for (; k < uses.length && wasUsedAfter(instant, orders, uses[k], i); k++)
			packedUse(instant, ring, uses[k]);
		packedAdd(trace, instant, ring, i);
	}
	for (; k < uses.length; k++)
		packedUse(instant, ring, uses[k]);
	const lastPop = newest(instant, orders.pops, MOMENT.POPPED);
	const lastCollect = newest(instant, orders.collects, MOMENT.COLLECTED);
	const behind = (i, places, list, moment) => (i < 0 || !all.slots[i] ? null :
		{ value: advance(places[i], all.slots[i], size), unsure: isUnsure(instant, list, moment) });
	return {
		packed: true, ring,
		nextAvail: behind(adds.length ? adds[0] : -1, all.position, orders.adds, MOMENT.ADDED),
		nextUsed: behind(newestUsed(instant, uses), all.used, orders.uses, MOMENT.PUSHED),
		lastAvail: behind(lastPop, all.position, orders.pops, MOMENT.POPPED),
		lastUsed: behind(lastCollect, all.used, orders.collects, MOMENT.COLLECTED),
	};
}

/* Not collected by the time of the add: then what was used is in the ring over what was added. */
function wasUsedAfter(instant, orders, used, added)
{
	const collected = instant.queue.all.at[MOMENT.COLLECTED][used];

	return !(collected <= orders.addKeys[added]);
}

function ringState(trace, queue, i, moments, step)
{
	const instant = new Instant(trace, queue, i, moments, step);

	if (!queue.size)
		return null;
	return queue.packed ? packedState(trace, instant) : splitState(trace, instant);
}
