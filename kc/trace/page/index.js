/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drawing asks of a queue, so that it costs as little for a million
 * buffers as for a hundred: which lie in a window, and how many were in each
 * stage on average over a pixel's width of time.
 */

/* One for each stage, and what was not seen of a buffer. */
const KINDS = 6;
const UNSEEN = 5;

/*
 * The stretches of a buffer's life: [kind, begin, end, open]. One that is under
 * way at the trace's end is still where it was seen last.
 */
function stretches(queue, i, until)
{
	const at = queue.all.at;
	const found = [];
	const add = (kind, begin, end, open) => {
		if (end >= begin)
			found.push([kind, begin, end, open]);
	};

	for (let stage = 0; stage < STAGE.TOTAL; stage++)
		add(stage, stageBegin(at, i, stage), stageEnd(at, i, stage), false);
	if (queue.all.fate[i] === FATE.AT_END)
		openStretch(at, i, until, add);
	else
		unseenStretch(at, i, add);
	return found;
}

function openStretch(at, i, until, add)
{
	if (at[MOMENT.TAKEN][i] >= 0)
		add(STAGE.DRIVER, at[MOMENT.TAKEN][i], until, true);
	else if (at[MOMENT.PUSHED][i] >= 0)
		add(STAGE.INTERRUPT, at[MOMENT.PUSHED][i], until, true);
	else if (at[MOMENT.POPPED][i] >= 0)
		add(STAGE.DEVICE, at[MOMENT.POPPED][i], until, true);
	else
		add(STAGE.WAY, stageBegin(at, i, STAGE.WAY), until, true);
}

function unseenStretch(at, i, add)
{
	const popped = at[MOMENT.POPPED][i], pushed = at[MOMENT.PUSHED][i];
	const back = known(at[MOMENT.TAKEN][i], at[MOMENT.COLLECTED][i]);

	if (popped !== popped)
		add(UNSEEN, stageBegin(at, i, STAGE.WAY), known(pushed, back), false);
	else if (pushed !== pushed)
		add(UNSEEN, popped, back, false);
}

/* Sums of @times up to each. */
function sums(times)
{
	const total = new Float64Array(times.length + 1);

	for (let i = 0; i < times.length; i++)
		total[i + 1] = total[i] + times[i];
	return total;
}

/* How many of @times, in order, are not after @time. */
function countUntil(times, time)
{
	let low = 0, high = times.length;

	while (low < high) {
		const middle = (low + high) >>> 1;

		if (times[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Stretches of one kind, as begins and ends apart: order among them is all that counting needs. */
class Load {
	constructor(begins, ends)
	{
		this.begins = Float64Array.from(begins).sort();
		this.ends = Float64Array.from(ends).sort();
		this.beginSums = sums(this.begins);
		this.endSums = sums(this.ends);
	}

	/* Integral of how many there were, from the start of time to @time. */
	until(time)
	{
		const b = countUntil(this.begins, time), e = countUntil(this.ends, time);

		return b * time - this.beginSums[b] - (e * time - this.endSums[e]);
	}

	/* Whether there was any from @from to @to. */
	touches(from, to)
	{
		return countUntil(this.begins, to) > countUntil(this.ends, from);
	}

	/* How many there were at @time. */
	at(time)
	{
		return countUntil(this.begins, time) - countUntil(this.ends, time);
	}
}

/* Into @free, in falling order: its last is its least. */
function setFree(free, row)
{
	let low = 0, high = free.length;

	while (low < high) {
		const middle = (low + high) >>> 1;

		if (free[middle] > row)
			low = middle + 1;
		else
			high = middle;
	}
	free.splice(low, 0, row);
}

/* Gives each buffer the first row that is free while it lives: few in flight need few rows. */
function assignRows(begin, end, n)
{
	const byBegin = order(n, begin), byEnd = order(n, end);
	const row = new Uint32Array(n);
	const free = [];
	let rows = 0, done = 0;

	for (const i of byBegin) {
		while (done < n && end[byEnd[done]] < begin[i])
			setFree(free, row[byEnd[done++]]);
		row[i] = free.length ? free.pop() : rows++;
	}
	return { row, rows, byBegin };
}

function order(n, key)
{
	return Uint32Array.from({ length: n }, (unused, i) => i).sort((a, b) => key[a] - key[b] || a - b);
}

/* Buffers by row, and in each by time. */
function collectRows({ row, rows, byBegin })
{
	const first = new Uint32Array(rows + 1);
	const items = new Uint32Array(row.length);

	for (const r of row)
		first[r + 1]++;
	for (let r = 0; r < rows; r++)
		first[r + 1] += first[r];
	const next = first.slice();
	for (const i of byBegin)
		items[next[row[i]]++] = i;
	return { first, items };
}

/* Those that were sent, and when each was seen on the other side. */
function sentSignals(sent, seen)
{
	const list = Array.from(sent.keys()).filter((k) => sent[k] === sent[k]);

	return { sent: Float64Array.from(list, (k) => sent[k]), seen: Float64Array.from(list, (k) => seen[k]) };
}

class QueueIndex {
	constructor(queue, until)
	{
		const n = queue.all.n;
		const lists = Array.from({ length: KINDS }, () => [[], []]);

		this.begin = new Float64Array(n);
		this.end = new Float64Array(n);
		for (let i = 0; i < n; i++)
			this.takeBuffer(queue, i, until, lists);
		this.load = lists.map(([begins, ends]) => new Load(begins, ends));
		this.life = new Load(this.begin, this.end);
		const rows = assignRows(this.begin, this.end, n);
		this.row = rows.row;
		this.rows = Math.max(rows.rows, 1);
		this.byBegin = rows.byBegin;
		Object.assign(this, collectRows(rows));
		this.kicks = sentSignals(queue.kickAll.sent, queue.kickAll.noticed);
		this.interrupts = sentSignals(queue.interruptAll.raised, queue.interruptAll.taken);
	}

	takeBuffer(queue, i, until, lists)
	{
		const at = queue.all.at;
		let begin = Infinity, end = -Infinity;

		for (let m = 0; m < MOMENTS; m++) {
			begin = at[m][i] < begin ? at[m][i] : begin;
			end = at[m][i] > end ? at[m][i] : end;
		}
		for (const [kind, from, to] of stretches(queue, i, until)) {
			lists[kind][0].push(from);
			lists[kind][1].push(to);
			end = Math.max(end, to);
		}
		this.begin[i] = begin === Infinity ? 0 : begin;
		this.end[i] = end === -Infinity ? 0 : end;
	}

	/* How many buffers have some part of their life in the window. */
	visible(from, to)
	{
		return countUntil(this.life.begins, to) - countUntil(this.life.ends, from);
	}

	/* The position in @items of the first of @row that ends after @time. */
	firstAfter(row, time)
	{
		let low = this.first[row], high = this.first[row + 1];

		while (low < high) {
			const middle = (low + high) >>> 1;

			if (this.end[this.items[middle]] < time)
				low = middle + 1;
			else
				high = middle;
		}
		return low;
	}

	each(from, to, visit)
	{
		for (let row = 0; row + 1 < this.first.length; row++)
			for (let k = this.firstAfter(row, from); k < this.first[row + 1]; k++) {
				if (this.begin[this.items[k]] > to)
					break;
				visit(this.items[k], row);
			}
	}

	/* The buffer of @row at @time, or the nearest within @slack; -1. */
	find(row, time, slack)
	{
		const k = row < this.rows ? this.firstAfter(row, time - slack) : this.items.length;

		if (k >= this.first[row + 1] || this.begin[this.items[k]] > time + slack)
			return -1;
		return this.items[k];
	}
}

/* Made when the queue is first drawn: there may be hundreds of queues. */
function indexOf(trace, queue)
{
	if (!queue.index)
		queue.index = new QueueIndex(queue, trace.duration);
	return queue.index;
}

/* From the first that was seen of any buffer to the last. */
function busyPart(trace)
{
	let first = Infinity, last = -Infinity;

	for (const { all } of trace.queues)
		for (const times of all.at)
			for (let i = 0; i < all.n; i++) {
				first = times[i] < first ? times[i] : first;
				last = times[i] > last ? times[i] : last;
			}
	return first <= last ? [first, last] : [0, trace.duration];
}
