/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One buffer: its steps, and the rings as they stood at each. */

const ROWS_MAX = 14;
const FLAG_NEXT = 1, FLAG_WRITE = 2, FLAG_INDIRECT = 4;
const PHASES = ["available", "in the device", "used", "free again"];

function make(tag, options = {}, ...children)
{
	const { text, ...rest } = options;
	const made = Object.assign(document.createElement(tag), rest);

	if (text !== undefined)
		made.textContent = text;
	made.append(...children);
	return made;
}

/* Which of @size rows to show: all, or those of note with their neighbours; -1 for a gap. */
function pickRows(size, wanted)
{
	if (size <= ROWS_MAX)
		return Array.from({ length: size }, (unused, k) => k);
	const near = new Set();

	for (const k of wanted.slice(0, ROWS_MAX))
		for (const other of wanted.length > 4 ? [k] : [k - 2, k - 1, k, k + 1, k + 2])
			near.add(other);
	const rows = [...near].filter((k) => k >= 0 && k < size).sort((a, b) => a - b);
	const found = rows[0] > 0 ? [-1] : [];

	rows.forEach((k, at) => {
		if (at && rows[at - 1] !== k - 1)
			found.push(-1);
		found.push(k);
	});
	if (rows[rows.length - 1] < size - 1)
		found.push(-1);
	return found;
}

function flagWords(flags, packed)
{
	const words = [];

	if (flags & FLAG_NEXT)
		words.push("NEXT");
	words.push(flags & FLAG_INDIRECT ? "INDIRECT" : flags & FLAG_WRITE ? "WRITE" : "read");
	return words.join(" ");
}

class StepView {
	constructor(view)
	{
		this.view = view;
		this.root = document.getElementById("steps");
		new ResizeObserver(() => this.drawArrows()).observe(this.root);
	}

	show(queue, i)
	{
		this.queue = queue;
		this.i = i;
		this.moments = momentsOf(queue, i);
		this.step = 0;
		this.build();
		this.go(0);
	}

	go(step)
	{
		if (!this.queue || step < 0 || step >= this.moments.length)
			return;
		this.step = step;
		this.list.querySelectorAll("button").forEach((button, k) => {
			button.toggleAttribute("aria-current", k === step);
			if (k === step)
				button.setAttribute("aria-current", "step");
		});
		this.back.disabled = step === 0;
		this.forth.disabled = step === this.moments.length - 1;
		this.story.textContent = `${step + 1} of ${this.moments.length}. ` +
			storyOf(this.queue, this.i, this.moments[step]);
		this.drawState();
	}

	build()
	{
		const { queue, i } = this, { all } = queue;
		const fate = fateStory(this.view.trace, queue, i);

		this.list = this.buildList();
		this.back = make("button", { text: "Step back", title: "key ,", onclick: () => this.go(this.step - 1) });
		this.forth = make("button", { text: "Next step", title: "key .", onclick: () => this.go(this.step + 1) });
		this.story = make("p", { className: "story", role: "status" });
		this.picture = make("div", { className: "picture" });
		this.note = make("p", { className: "small" });
		this.root.replaceChildren(
			make("p", { text: `${queueName(queue)}, buffer ${i + 1} of ${formatCount(all.n)}, ` +
				`${queue.packed ? "id" : "head"} ${all.head[i]}: ${this.view.trace.fates[all.fate[i]]}. ${fate}` }),
			make("div", { className: "walk" },
				make("div", {}, make("div", { className: "bar" }, this.back, this.forth), this.list),
				make("div", {}, this.story, this.picture, this.note)));
	}

	buildList()
	{
		const { queue, i } = this, { at } = queue.all;
		const notes = missingSteps(queue, i);
		const list = make("ol");
		let last = NaN;

		this.moments.forEach((m, step) => {
			for (const [, text] of notes.filter(([before]) => before === m))
				list.append(make("li", { className: "note", text }));
			const delta = at[m][i] - last;
			const when = delta === delta ? `+${formatTime(delta, 1)}` : formatTime(at[m][i]);

			last = at[m][i];
			list.append(make("li", {}, make("button", { onclick: () => this.go(step) },
				make("span", { text: isDriversMoment(m) ? "▲" : "▼", title: isDriversMoment(m) ? "driver" : "device" }),
				make("span", { text: `${isDriversMoment(m) ? "driver" : "device"}: ${this.view.trace.moments[m]}` }),
				make("span", { className: "delta", text: when }))));
		});
		for (const [, text] of notes.filter(([before]) => !this.moments.includes(before)))
			list.append(make("li", { className: "note", text }));
		return list;
	}

	drawState()
	{
		const state = ringState(this.view.trace, this.queue, this.i, this.moments, this.step);

		this.arrows = [];
		this.picture.className = `picture ${this.queue.packed ? "packed" : "split"}`;
		this.picture.replaceChildren();
		if (!state) {
			this.note.textContent = "The queue's size was not recorded, so its rings cannot be drawn.";
			return;
		}
		if (state.packed)
			this.drawPacked(state);
		else
			this.drawSplit(state);
		this.note.textContent = this.notes();
		this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		this.picture.append(this.svg);
		this.drawArrows();
	}

	notes()
	{
		const { trace } = this.view;
		const lost = trace.lost_driver + trace.lost_device + trace.probes_missed;

		return "Bold, on a ground: this buffer. Ruled above and below: changed at this step. " +
			"“not seen”: written before the trace, or not recorded. " +
			`± : by the other side within ${formatTime(trace.bound)} of this step, the clocks' bound${lost ? ", or lost" : ""}: maybe not so. ` +
			"Descriptors are as the device read them when it popped the buffer. " +
			"The rings' flags and event indices are not recorded, only what came of them: what was sent, and what was not needed. " +
			(trace.descriptors.n ? "" : "None were recorded in this trace. ") +
			(lost ? "Events were lost in this trace: what others changed meanwhile may be missing. " : "");
	}

	isFresh(...moments)
	{
		return moments.includes(this.moments[this.step]);
	}

	/* A table with its title; @row makes the cells of an entry, which has its element kept by its number. */
	drawTable(title, about, heads, rows, row)
	{
		const table = make("table");
		const elements = new Map();

		table.append(make("tr", {}, ...heads.map((text) => make("th", { text }))));
		for (const k of rows) {
			if (k < 0) {
				table.append(make("tr", { className: "gap" }, make("td", { colSpan: heads.length, text: "⋮" })));
				continue;
			}
			const { cells, classes, points } = row(k);
			const element = make("tr", { className: classes.filter((name) => name).join(" ") },
				...cells.map((text) => make("td", { text: text === null || text === undefined ? "not seen" : text })));

			if (points.length)
				element.append(make("td", { className: "point" }, ...points.map((text) => make("div", { text: `◄ ${text}` }))));
			elements.set(k, element);
			table.append(element);
		}
		this.column.append(make("h3", { text: title }, make("small", { text: about })), table);
		return elements;
	}

	/* Tables from now on lie below each other, right of those before. */
	newColumn(className)
	{
		this.column = make("div", { className });
		this.picture.append(this.column);
	}

	/* Who goes on at this slot next. */
	pointsAt(slot, marks)
	{
		return marks.filter(([place]) => place && slotOf(this.queue, place.value) === slot)
			.map(([place, text]) => `${text}${place.unsure ? " ±" : ""}`);
	}

	drawSplit(state)
	{
		const avail = this.drawAvail(state);
		const table = this.drawDescriptors(state);
		const used = this.drawUsed(state);
		const head = table.get(this.queue.all.head[this.i]);

		if (avail)
			this.arrows.push([avail, head]);
		if (used)
			this.arrows.push([used, head]);
	}

	/* Each gives the row that is this buffer's, if there is one. */
	drawAvail(state)
	{
		const { size } = this.queue;
		const slot = this.queue.all.position[this.i] % size;
		const entry = state.avail.get(slot);

		this.newColumn("avail");
		const rows = this.drawTable("Avail ring", `heads for the device to take, by the driver; ${indexWords(state.availIdx)}`,
			["slot", "head"], pickRows(size, [slot]), (k) => this.availRow(state, k));

		return entry && entry.i === this.i ? rows.get(slot) : null;
	}

	drawUsed(state)
	{
		const { all, size } = this.queue;
		const slot = this.hasUsed() ? all.used[this.i] % size : 0;
		const entry = state.used.get(slot);

		this.newColumn("used");
		const rows = this.drawTable("Used ring", `chains that are done with, by the device; ${indexWords(state.usedIdx)}`,
			["slot", "head", "written"], pickRows(size, [slot]), (k) => this.usedRow(state, k));

		return entry && entry.i === this.i ? rows.get(slot) : null;
	}

	/* All rows of the table, and arrows along the chain. */
	drawDescriptors(state)
	{
		const { all, size } = this.queue, { i } = this;
		const list = descriptorsOf(this.view.trace, this.queue, i);
		const indirect = all.flags[i] & FLAG.INDIRECT;
		const chain = (indirect ? list.slice(0, 1) : list).map((descriptor) => descriptor.index);
		const own = chain.length ? chain : [all.head[i]];

		this.newColumn("table");
		const rows = this.drawTable("Descriptor table", "where the memory is, by the driver",
			["index", "address", "length", "flags", "next", "is"], pickRows(size, own), (k) => this.tableRow(state, k));

		own.slice(1).forEach((index, k) => this.arrows.push([rows.get(own[k]), rows.get(index), "next"]));
		if (indirect)
			this.drawIndirect(list.slice(1), rows.get(own[0]));
		return rows;
	}

	hasUsed()
	{
		const collected = this.queue.all.at[MOMENT.COLLECTED][this.i];

		return collected === collected;
	}

	availRow(state, k)
	{
		const entry = state.avail.get(k);
		const own = entry && entry.i === this.i;

		return {
			cells: [k, entry ? `${entry.head}${entry.unsure ? " ±" : ""}` : null],
			classes: [own && "own", own && this.isFresh(MOMENT.ADDED) && "fresh", !entry && "unknown"],
			points: this.pointsAt(k, [[state.availIdx, "driver adds next"], [state.lastAvail, "device reads next"]]),
		};
	}

	tableRow(state, k)
	{
		const entry = state.table.get(k);
		const own = entry && entry.i === this.i;
		const descriptor = entry && entry.descriptor;
		const phase = entry ? PHASES[entry.phase] : null;

		return {
			cells: [k, descriptor && descriptor.address, descriptor && descriptor.len,
				descriptor && flagWords(descriptor.flags), descriptor ? nextWords(entry.next) : null,
				entry ? `${phase}${entry.head ? ", a head" : ""}` : null],
			classes: [own && "own", own && this.isFresh(MOMENT.ADDED, MOMENT.COLLECTED) && "fresh", !entry && "unknown"],
			points: [],
		};
	}

	/* It is the driver's own again, and may be gone, once the buffer is collected. */
	drawIndirect(list, from)
	{
		if (this.isFresh(MOMENT.COLLECTED))
			return;
		const rows = this.drawTable("Indirect table", "memory of its own, by the driver", ["index", "address", "length", "flags"],
			list.length ? list.slice(0, ROWS_MAX).map((unused, k) => k).concat(list.length > ROWS_MAX ? [-1] : []) : [0],
			(k) => ({
				cells: list[k] ? [list[k].index, list[k].address, list[k].len, flagWords(list[k].flags)]
					: [null, null, null, null],
				classes: ["own", this.isFresh(MOMENT.ADDED) && "fresh"], points: [],
			}));

		this.arrows.push([from, rows.get(0), "next"]);
	}

	usedRow(state, k)
	{
		const entry = state.used.get(k);
		const own = entry && entry.i === this.i;
		const fresh = own && this.isFresh(MOMENT.FILLED, MOMENT.PUSHED);

		return {
			cells: [k, entry ? `${entry.id}${entry.unsure ? " ±" : ""}` : null,
				entry ? entry.len === null ? "not seen" : `${entry.len}${entry.visible ? "" : " (not shown yet)"}` : null],
			classes: [own && "own", fresh && "fresh", !entry && "unknown"],
			points: this.pointsAt(k, [[state.usedIdx, "device pushes next"], [state.lastUsed, "driver collects next"]]),
		};
	}

	drawPacked(state)
	{
		const { all, size } = this.queue, { i } = this;
		const first = slotOf(this.queue, all.position[i]);
		const own = Array.from({ length: Math.max(all.slots[i], 1) }, (unused, k) => (first + k) % size);
		const used = this.hasUsed() ? [slotOf(this.queue, all.used[i])] : [];

		this.newColumn("ring");
		const rows = this.drawTable("Descriptor ring",
			"written by both: a slot is new to the device where AVAIL is its wrap counter and USED is not, and to the driver where both are",
			["slot", "address", "length", "id", "flags", "AVAIL", "USED", "is"], pickRows(size, [...own, ...used]),
			(k) => this.ringRow(state, k));

		const entry = state.ring.get(first);

		this.newColumn("indirect");
		if (all.flags[i] & FLAG.INDIRECT)
			this.drawIndirect(descriptorsOf(this.view.trace, this.queue, i).slice(1),
				entry && entry.i === i && entry.written === "driver" ? rows.get(first) : null);
	}

	ringRow(state, k)
	{
		const entry = state.ring.get(k);
		const own = entry && entry.i === this.i;
		const byDevice = entry && entry.written === "device";
		const fresh = own && (this.isFresh(MOMENT.COLLECTED) || this.isFresh(byDevice ? MOMENT.PUSHED : MOMENT.ADDED));

		return {
			cells: entry ? [k, ...this.slotCells(entry, byDevice), `${PHASES[entry.phase]}${entry.unsure ? " ±" : ""}`]
				: [k, null, null, null, null, null, null, null],
			classes: [own && "own", fresh && "fresh", !entry && "unknown"],
			points: this.pointsAt(k, [[state.nextAvail, "driver adds"], [state.lastAvail, "device reads"],
				[state.nextUsed, "device pushes"], [state.lastUsed, "driver collects"]]),
		};
	}

	slotCells(entry, byDevice)
	{
		if (byDevice)
			return ["(as it was)", entry.len === null ? null : `${entry.len} written`, entry.id, "", entry.avail, entry.used];
		const { descriptor } = entry;

		return [descriptor && descriptor.address, descriptor && descriptor.len, entry.id === null ? "" : entry.id,
			descriptor && flagWords(descriptor.flags), entry.avail, entry.used];
	}

	drawArrows()
	{
		if (!this.svg || !this.arrows)
			return;
		const { left, top } = this.picture.getBoundingClientRect();
		const ground = { left: left - this.picture.scrollLeft, top };

		this.svg.innerHTML = '<marker id="tip-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" ' +
			'orient="auto"><path d="M0 0 8 4 0 8z" style="fill:var(--text);stroke:none"/></marker>';
		for (const [from, to, kind] of this.arrows)
			if (from && to)
				this.drawArrow(from.getBoundingClientRect(), to.getBoundingClientRect(), ground, kind, from, to);
	}

	/* Within a table on its left side, else across from one table's edge to the other's. */
	drawArrow(a, b, ground, kind, from, to)
	{
		const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
		const y = a.top + a.height / 2 - ground.top, end = b.top + b.height / 2 - ground.top;
		const same = Math.abs(a.left - b.left) < 1;
		const right = a.left < b.left;
		const x = (same || !right ? a.left : cellsEnd(from)) - ground.left;
		const far = (same || right ? b.left : cellsEnd(to)) - ground.left;
		const bend = same ? -18 - Math.min(Math.abs(end - y) / 8, 14) : right ? 30 : -30;

		path.setAttribute("d", `M${x} ${y} C${x + bend} ${y} ${far + (same ? bend : -bend)} ${end} ${far} ${end}`);
		path.setAttribute("class", kind || "");
		path.setAttribute("marker-end", "url(#tip-end)");
		this.svg.append(path);
	}
}

/* The right edge of a row with its pointers. */
function cellsEnd(row)
{
	return row.lastElementChild.getBoundingClientRect().right;
}

function indexWords(index)
{
	return index ? `idx = ${index.value}${index.unsure ? " ±" : ""}` : "idx not recorded";
}

function nextWords(next)
{
	return next === null ? "–" : next;
}
