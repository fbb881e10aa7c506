/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kc wrote into the page: show/html-header.c and show/pack.c. Times are
 * nanoseconds since the trace's start; NaN is what trace.h calls TRACE_NEVER.
 * MOMENT, STAGE, FATE, FLAG and FIELDS come from kc, too: show/html.c.
 */

function isDriversMoment(moment)
{
	return moment === MOMENT.ADDED || moment === MOMENT.KICKED ||
		moment === MOMENT.TAKEN || moment === MOMENT.COLLECTED;
}

function fromBase64(text)
{
	const raw = atob(text);
	const bytes = new Uint8Array(raw.length);

	for (let i = 0; i < raw.length; i++)
		bytes[i] = raw.charCodeAt(i);
	return bytes;
}

/* LEB128. Sums, not shifts: numbers may be wider than 32 bits. */
class Reader {
	constructor(bytes)
	{
		this.bytes = bytes;
		this.at = 0;
		this.last = 0;
	}

	next()
	{
		let byte = this.bytes[this.at++];
		let value = byte & 0x7f;

		for (let scale = 128; byte & 0x80; scale *= 128) {
			byte = this.bytes[this.at++];
			value += (byte & 0x7f) * scale;
		}
		return value;
	}

	nextSigned()
	{
		const folded = this.next();

		return folded % 2 ? -(folded + 1) / 2 : folded / 2;
	}

	times(columns, row)
	{
		const known = this.next();

		for (let i = 0; i < columns.length; i++) {
			if (known & (1 << i)) {
				this.last += this.nextSigned();
				columns[i][row] = this.last;
			} else {
				columns[i][row] = NaN;
			}
		}
	}
}

function timeColumns(names, n)
{
	return names.map(() => new Float64Array(n));
}

function firstTime(at, i, otherwise)
{
	for (let m = 0; m < MOMENTS; m++)
		if (at[m][i] === at[m][i])
			return at[m][i];
	return otherwise;
}

/* Of all buffers, one behind the other. Addresses are 64 bits wide, which numbers here are not. */
class Descriptors {
	constructor()
	{
		this.n = 0;
		this.high = [];
		this.low = [];
		this.len = [];
		this.flags = [];
		this.index = [];
	}

	read(reader)
	{
		for (let left = reader.next(); left; left--, this.n++) {
			this.high.push(reader.next());
			this.low.push(reader.next());
			this.len.push(reader.next());
			this.flags.push(reader.next());
			this.index.push(reader.next());
		}
		return this.n;
	}

	get(k)
	{
		const address = BigInt(this.high[k]) * 4294967296n + BigInt(this.low[k]);

		return { address: `0x${address.toString(16)}`, len: this.len[k], flags: this.flags[k], index: this.index[k] };
	}
}

function readBuffers(reader, n, descriptors)
{
	const at = timeColumns(new Array(MOMENTS).fill(), n);
	const buffers = { n, at, firstDescriptor: new Uint32Array(n + 1) };
	const columns = FIELDS.map(([name, Column]) => buffers[name] = new Column(n));

	reader.last = 0;
	for (let i = 0; i < n; i++) {
		const before = reader.last;

		for (let j = 0; j < columns.length; j++)
			columns[j][i] = reader.next();
		reader.times(at, i);
		reader.last = firstTime(at, i, before);
		buffers.firstDescriptor[i] = descriptors.n;
		buffers.firstDescriptor[i + 1] = descriptors.read(reader);
	}
	return buffers;
}

function readKicks(reader, n)
{
	const [asked, sent, noticed] = timeColumns([0, 0, 0], n);
	const kicks = { n, asked, sent, noticed, buffers: new Uint32Array(n) };

	reader.last = 0;
	for (let i = 0; i < n; i++) {
		kicks.buffers[i] = reader.next();
		reader.times([asked, sent, noticed], i);
	}
	return kicks;
}

function readInterrupts(reader, n)
{
	const [raised, taken] = timeColumns([0, 0], n);
	const interrupts = { n, raised, taken, buffers: new Uint32Array(n),
		cpu: new Uint8Array(n), suppressed: new Uint8Array(n) };

	reader.last = 0;
	for (let i = 0; i < n; i++) {
		interrupts.buffers[i] = reader.next();
		interrupts.cpu[i] = reader.next();
		interrupts.suppressed[i] = reader.next();
		reader.times([raised, taken], i);
	}
	return interrupts;
}

function readTrace(about, bytes)
{
	const reader = new Reader(bytes);

	about.descriptors = new Descriptors();
	for (const queue of about.queues) {
		queue.about = about.devices[queue.device];
		queue.all = readBuffers(reader, queue.buffers, about.descriptors);
		queue.kickAll = readKicks(reader, queue.kicks);
		queue.interruptAll = readInterrupts(reader, queue.interrupts);
	}
	if (reader.at !== bytes.length)
		throw new Error(`the page's records end at ${reader.at}, not at ${bytes.length}`);
	return about;
}

/* As trace_buffer_stage() in kc/trace/trace.c has it; NaN where it has no such stage. */
function kickWaitedFor(at, i)
{
	const kicked = at[MOMENT.KICKED][i];

	return kicked > at[MOMENT.POPPED][i] ? NaN : kicked;
}

function known(a, b)
{
	return a === a ? a : b;
}

function stageBegin(at, i, stage)
{
	switch (stage) {
	case STAGE.WAY: return known(kickWaitedFor(at, i), at[MOMENT.ADDED][i]);
	case STAGE.DEVICE: return at[MOMENT.POPPED][i];
	case STAGE.INTERRUPT: return at[MOMENT.PUSHED][i];
	case STAGE.DRIVER: return known(at[MOMENT.TAKEN][i], at[MOMENT.PUSHED][i]);
	}
	return at[MOMENT.ADDED][i];
}

function stageEnd(at, i, stage)
{
	switch (stage) {
	case STAGE.KICK: return kickWaitedFor(at, i);
	case STAGE.WAY: return at[MOMENT.POPPED][i];
	case STAGE.DEVICE: return at[MOMENT.PUSHED][i];
	case STAGE.INTERRUPT: return at[MOMENT.TAKEN][i];
	}
	return at[MOMENT.COLLECTED][i];
}

/* NaN where there is none. */
function stageTime(at, i, stage)
{
	return stageEnd(at, i, stage) - stageBegin(at, i, stage);
}

function queueName(queue)
{
	const guest = queue.about.guest_name ? ` (${queue.about.guest_name})` : "";
	const name = queue.name ? `, ${queue.name}` : "";

	return `${queue.about.name}${guest} queue ${queue.number}${name}`;
}
