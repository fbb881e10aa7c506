/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lanes of a queue. A buffer is in the driver's while it waits for the kick
 * and after its interrupt, in the queue's on the way to the device and back,
 * and in the device's between. Where so many are in sight that their paths
 * would not be told apart, each lane shows how many were in it.
 */

const LANE_OF = [0, 1, 2, 1, 0, 1]; /* by kind */
const GAP = 20;
const PATHS_MAX = 400;

class Theme {
	constructor()
	{
		const style = getComputedStyle(document.documentElement);
		const get = (name) => style.getPropertyValue(name).trim();

		for (const name of ["back", "text", "dim", "line", "soft", "mark"])
			this[name] = get(`--${name}`);
		this.kinds = [0, 1, 2, 3, 4, 5].map((kind) => get(`--k${kind}`));
		this.fills = this.kinds.map((color, kind) => makeFill(color, this.back, kind));
	}
}

/* Told apart without colour: / for the kick, - out, full, | back, \ in the driver, dots unseen. */
function makeFill(color, back, kind)
{
	const tile = document.createElement("canvas");
	const pen = tile.getContext("2d");

	if (kind === STAGE.DEVICE)
		return color;
	tile.width = tile.height = 6;
	pen.fillStyle = back;
	pen.fillRect(0, 0, 6, 6);
	pen.globalAlpha = 0.3;
	pen.fillStyle = color;
	pen.fillRect(0, 0, 6, 6);
	pen.globalAlpha = 1;
	pen.strokeStyle = color;
	pen.lineWidth = 2;
	pen.beginPath();
	drawTile(pen, kind);
	pen.stroke();
	return pen.createPattern(tile, "repeat");
}

function drawTile(pen, kind)
{
	const line = (...points) => {
		pen.moveTo(points[0], points[1]);
		pen.lineTo(points[2], points[3]);
	};

	switch (kind) {
	case STAGE.KICK: line(-2, 2, 2, -2), line(-1, 7, 7, -1), line(4, 8, 8, 4); break;
	case STAGE.WAY: line(0, 3, 6, 3); break;
	case STAGE.INTERRUPT: line(3, 0, 3, 6); break;
	case STAGE.DRIVER: line(-2, 4, 2, 8), line(-1, -1, 7, 7), line(4, -2, 8, 2); break;
	case UNSEEN: line(2, 2, 4, 2); break;
	}
}

/* Sizes the canvas to what it is on the screen, and gives its pen in CSS pixels. */
function prepareCanvas(canvas, height)
{
	const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
	const pen = canvas.getContext("2d");

	if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
		canvas.width = Math.round(width * scale);
		canvas.height = Math.round(height * scale);
		canvas.style.height = `${height}px`;
	}
	pen.setTransform(scale, 0, 0, scale, 0, 0);
	pen.clearRect(0, 0, width, height);
	pen.font = "11px system-ui, sans-serif";
	return { pen, width };
}

class Band {
	constructor(view, queue, number)
	{
		this.view = view;
		this.queue = queue;
		this.number = number;
		this.root = document.createElement("div");
		this.root.className = "band";
		this.names = document.createElement("div");
		this.names.className = "names";
		this.canvas = document.createElement("canvas");
		this.root.append(this.names, this.canvas);
		this.laneHeight = this.chooseHeight();
		this.height = 3 * this.laneHeight + 2 * GAP + 8;
		this.canvas.style.height = `${this.height}px`;
		this.canvas.setAttribute("role", "img");
		this.canvas.setAttribute("aria-label", `Lanes of ${queueName(queue)}: ${plural(queue.buffers, "buffer")}`);
		this.label();
	}

	/* By what may be in flight, which is known before the index is made. */
	chooseHeight()
	{
		return Math.min(Math.max((this.queue.stats.in_flight_max || 1) * 5, 24), 72);
	}

	laneTop(lane)
	{
		return 4 + lane * (this.laneHeight + GAP);
	}

	label()
	{
		const put = (text, top) => {
			const span = document.createElement("span");

			span.className = "lane";
			span.textContent = text;
			span.style.top = `${top}px`;
			this.names.append(span);
		};
		const title = document.createElement("strong");

		title.className = "title";
		title.textContent = queueName(this.queue);
		this.names.append(title);
		["driver", "queue", "device"].forEach((name, lane) =>
			put(name, this.laneTop(lane) + this.laneHeight / 2));
		put("▼ kicks", this.laneTop(1) - GAP / 2);
		put("▲ interrupts", this.laneTop(2) - GAP / 2);
	}

	get index()
	{
		return indexOf(this.view.trace, this.queue);
	}

	rowHeight()
	{
		return this.laneHeight / this.rowsShown;
	}

	/* As many as are in sight, by doubling, lest each move of the window change their height. */
	countRows()
	{
		let last = 0, rows = 1;

		if (this.isExact())
			this.index.each(this.view.time.from, this.view.time.to, (i, row) => last = Math.max(last, row));
		else
			last = this.index.rows - 1;
		while (rows <= last)
			rows *= 2;
		return rows;
	}

	/* In flight at a time. */
	most()
	{
		return this.queue.stats.in_flight_max || this.index.rows;
	}

	x(time)
	{
		return (time - this.view.time.from) / this.view.time.span * this.width;
	}

	isExact()
	{
		return this.index.visible(this.view.time.from, this.view.time.to) <= PATHS_MAX;
	}

	draw()
	{
		const { pen, width } = prepareCanvas(this.canvas, this.height);

		this.pen = pen;
		this.width = width;
		this.rowsShown = this.countRows();
		this.drawGround();
		if (this.isExact())
			this.drawPaths();
		else
			this.drawLoad();
		this.drawSelected();
	}

	drawGround()
	{
		const { pen, view } = this;

		pen.fillStyle = view.theme.soft;
		for (let lane = 0; lane < 3; lane++)
			pen.fillRect(0, this.laneTop(lane), this.width, this.laneHeight);
		pen.fillStyle = view.theme.line;
		for (const time of [0, view.trace.duration])
			pen.fillRect(Math.round(this.x(time)), 0, 1, this.height);
	}

	drawPaths()
	{
		const { from, to } = this.view.time;

		this.drawSignals(this.index.kicks, true);
		this.drawSignals(this.index.interrupts, false);
		this.index.each(from, to, (i, row) => this.drawPath(i, row));
	}

	rowTop(lane, row)
	{
		return this.laneTop(lane) + row * this.rowHeight();
	}

	drawPath(i, row)
	{
		const { pen, view } = this;
		const height = Math.max(this.rowHeight() - (this.rowHeight() > 3 ? 1 : 0), 1);
		let before = null;

		for (const [kind, begin, end, open] of stretches(this.queue, i, view.trace.duration)) {
			const x = Math.max(this.x(begin), -4), far = Math.min(this.x(end), this.width + 4);
			const y = this.rowTop(LANE_OF[kind], row);

			if (before !== null)
				this.drawLink(this.x(begin), before, y, height, kind);
			before = y;
			if (far < x)
				continue;
			pen.fillStyle = height > 4 ? view.theme.fills[kind] : view.theme.kinds[kind];
			pen.fillRect(x, y, Math.max(far - x, 1), height);
			if (height > 4)
				this.drawEdge(x, y, Math.max(far - x, 1), height, kind, open);
		}
	}

	/* From one lane to the next. */
	drawLink(x, from, to, height, kind)
	{
		if (x < -2 || x > this.width + 2 || from === to)
			return;
		this.pen.fillStyle = this.view.theme.kinds[kind];
		this.pen.fillRect(x, Math.min(from, to), 1, Math.abs(to - from) + height);
	}

	drawEdge(x, y, width, height, kind, open)
	{
		const { pen } = this;

		pen.strokeStyle = this.view.theme.kinds[kind];
		pen.lineWidth = 1;
		pen.setLineDash(open || kind === UNSEEN ? [3, 3] : []);
		pen.strokeRect(x + 0.5, y + 0.5, Math.max(width - 1, 0.1), height - 1);
		pen.setLineDash([]);
	}

	/* A kick or an interrupt, from one side to the other. */
	drawSignals({ sent, seen }, down)
	{
		const { from, to, span } = this.view.time;
		const top = this.laneTop(0) + this.laneHeight, bottom = this.laneTop(2);
		const { pen } = this;

		pen.strokeStyle = pen.fillStyle = this.view.theme.dim;
		pen.globalAlpha = Math.max(Math.min(40 / (countUntil(sent, to) - countUntil(sent, from)), 1), 0.3);
		pen.setLineDash(down ? [] : [4, 3]);
		for (let k = countUntil(sent, from - span); k < sent.length && sent[k] <= to; k++) {
			const end = known(seen[k], sent[k]);

			if (end >= from)
				this.drawSignal(this.x(sent[k]), this.x(end), down ? top : bottom, down ? bottom : top);
		}
		pen.globalAlpha = 1;
		pen.setLineDash([]);
	}

	drawSignal(x, far, y, end)
	{
		const { pen } = this;
		const back = end > y ? -6 : 6;

		pen.beginPath();
		pen.moveTo(x, y);
		pen.lineTo(far, end);
		pen.stroke();
		pen.beginPath();
		pen.moveTo(far, end);
		pen.lineTo(far - 3.5, end + back);
		pen.lineTo(far + 3.5, end + back);
		pen.fill();
	}

	/* How many were in each lane: those that go to the device below, those that come back above. */
	drawLoad()
	{
		const sums = [0, 1, 2, 3, 4, 5].map((kind) => this.columnsOf(kind));

		this.drawStack(0, [[STAGE.KICK, sums[0]], [STAGE.DRIVER, sums[4]]]);
		this.drawStack(1, [[STAGE.WAY, sums[1]], [STAGE.INTERRUPT, sums[3]], [UNSEEN, sums[5]]]);
		this.drawStack(2, [[STAGE.DEVICE, sums[2]]]);
		this.drawTicks(this.index.kicks.sent, this.laneTop(1) - GAP);
		this.drawTicks(this.index.interrupts.sent, this.laneTop(2) - GAP);
		this.drawName(`full height: ${plural(this.most(), "buffer")}`, 4, this.laneTop(0) + 11, "dim");
	}

	/* Mean number over each pixel's time; less than can be seen is shown as 1 pixel. */
	columnsOf(kind)
	{
		const { from, span } = this.view.time;
		const load = this.index.load[kind];
		const columns = new Float64Array(this.width);
		const step = span / this.width;
		const least = this.most() / this.laneHeight;
		let before = load.until(from);

		for (let x = 0; x < this.width; x++) {
			const after = load.until(from + (x + 1) * step);
			const mean = (after - before) / step;

			if (mean < least)
				columns[x] = load.touches(from + x * step, from + (x + 1) * step) ? least : 0;
			else
				columns[x] = mean;
			before = after;
		}
		return columns;
	}

	drawStack(lane, parts)
	{
		const { pen } = this;
		const bottom = this.laneTop(lane) + this.laneHeight;
		const scale = this.laneHeight / this.most();
		const base = new Float64Array(this.width);

		for (const [kind, columns] of parts) {
			pen.fillStyle = this.view.theme.fills[kind];
			pen.beginPath();
			for (let x = 0; x < this.width; x++) {
				const height = Math.min(columns[x] * scale, this.laneHeight - base[x]);

				if (height > 0)
					pen.rect(x, bottom - base[x] - height, 1, height);
				base[x] += Math.max(height, 0);
			}
			pen.fill();
		}
	}

	drawTicks(times, top)
	{
		const { from, span } = this.view.time;
		const step = span / this.width;
		const { pen } = this;
		const counts = new Uint32Array(this.width);
		let before = countUntil(times, from), most = 1;

		for (let x = 0; x < this.width; x++) {
			const after = countUntil(times, from + (x + 1) * step);

			counts[x] = after - before;
			most = Math.max(most, counts[x]);
			before = after;
		}
		pen.fillStyle = this.view.theme.dim;
		pen.beginPath();
		for (let x = 0; x < this.width; x++)
			if (counts[x])
				pen.rect(x, top + GAP - 3 - (GAP - 7) * counts[x] / most, 1, (GAP - 7) * counts[x] / most + 1);
		pen.fill();
	}

	drawSelected()
	{
		const { selected } = this.view;

		if (!selected || selected.queue !== this.queue)
			return;
		const { pen, view } = this;
		const row = this.index.row[selected.i];
		const height = Math.max(this.rowHeight(), 3);
		const points = [];

		for (const [kind, begin, end] of stretches(this.queue, selected.i, view.trace.duration)) {
			const y = this.rowTop(LANE_OF[kind], row) + height / 2;

			points.push([this.x(begin), y], [this.x(end), y]);
		}
		pen.strokeStyle = view.theme.mark;
		pen.lineWidth = 3;
		pen.beginPath();
		points.forEach(([x, y], k) => pen.lineTo(Math.min(Math.max(x, -9), this.width + 9), y));
		pen.stroke();
		pen.lineWidth = 1;
		this.drawMoments(selected.i);
	}

	/* The selected buffer's moments by name, where there is room for them. */
	drawMoments(i)
	{
		const { pen, view } = this;
		const at = this.queue.all.at;
		const right = [-1e9, -1e9];

		pen.fillStyle = view.theme.mark;
		for (const m of momentsOf(this.queue, i)) {
			const x = this.x(at[m][i]);
			const line = isDriversMoment(m) ? 0 : 1;
			const name = view.trace.moments[m];

			if (x < right[line] || x < -2 || x > this.width)
				continue;
			pen.fillRect(x - 0.5, this.laneTop(0), 1, this.height - 8);
			right[line] = x + pen.measureText(name).width + 8;
			this.drawName(name, x + 2, this.laneTop(line + 1) - 6);
		}
	}

	drawName(name, x, y, color = "mark")
	{
		const { pen, view } = this;

		pen.fillStyle = view.theme.back;
		pen.fillRect(x, y - 10, pen.measureText(name).width + 4, 13);
		pen.fillStyle = view.theme[color];
		pen.fillText(name, x + 2, y);
	}

	/* What is under the pointer: a buffer, or -1. */
	hit(x, y)
	{
		const { from, span } = this.view.time;
		const time = from + x / this.width * span;
		const index = this.index;
		const lane = Math.min(Math.max(Math.floor((y - 4 + GAP / 2) / (this.laneHeight + GAP)), 0), 2);
		const row = Math.floor((y - this.laneTop(lane)) / this.rowHeight());

		if (!this.isExact())
			return this.nearest(time);
		for (let away = 0; away <= Math.max(2 / this.rowHeight(), 1); away++)
			for (const r of [row - away, row + away]) {
				const i = r >= 0 && r < index.rows ? index.find(r, time, 3 * span / this.width) : -1;

				if (i >= 0)
					return i;
			}
		return -1;
	}

	/* The last that began before @time. */
	nearest(time)
	{
		const k = countUntil(this.index.life.begins, time) - 1;

		return this.index.byBegin[Math.max(k, 0)];
	}
}

/* What is known to have happened to a buffer, in order of time. */
function momentsOf(queue, i)
{
	const { at } = queue.all;
	const found = [];

	for (let m = 0; m < MOMENTS; m++)
		if (at[m][i] === at[m][i])
			found.push(m);
	return found.sort((a, b) => at[a][i] - at[b][i] || a - b);
}
