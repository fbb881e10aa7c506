/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page: facts, bands, what is selected, and what pointer and keys do. */

const byId = (id) => document.getElementById(id);

class View {
	constructor(trace)
	{
		this.trace = trace;
		this.theme = new Theme();
		this.time = new TimeWindow(trace.duration, () => this.later());
		this.selected = null;
		this.bands = trace.queues.map((queue, k) => new Band(this, queue, k));
		byId("bands").append(...this.bands.map((band) => band.root));
		this.steps = new StepView(this);
		showFacts(trace);
		showQueues(trace);
		this.drawLegend();
		this.stages = new StageTable(this);
		listen(this);
	}

	/* One drawing a frame, however many events. */
	later()
	{
		if (!this.pending && this.bands)
			this.pending = requestAnimationFrame(() => this.draw());
	}

	draw()
	{
		this.pending = 0;
		this.drawAxis();
		this.drawOverview();
		for (const band of this.bands)
			if (inSight(band.root))
				band.draw();
		byId("shown").textContent = `${formatTime(this.time.span)} shown`;
	}

	drawAxis()
	{
		const { pen, width } = prepareCanvas(byId("axis"), 24);
		const { from, to, span } = this.time;
		const step = niceStep(span, width / 110);
		const digits = Math.max(0, Math.ceil(-Math.log10(step)) + 9);

		pen.fillStyle = this.theme.dim;
		for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
			const x = (time - from) / span * width;

			pen.fillRect(x, 16, 1, 8);
			pen.fillText(formatTime(time, digits), x + 3, 13);
		}
	}

	/* The whole trace, and in it the window. */
	drawOverview()
	{
		const canvas = byId("overview");
		const { pen, width } = prepareCanvas(canvas, 34);
		const { duration } = this.time;
		const columns = this.overviewColumns(width);
		const most = Math.max(...columns, 1e-9);

		pen.fillStyle = this.theme.dim;
		columns.forEach((mean, x) => mean && pen.fillRect(x, 33 - Math.max(mean / most * 30, 1), 1, 33));
		const left = this.time.from / duration * width, right = this.time.to / duration * width;

		pen.strokeStyle = this.theme.mark;
		pen.lineWidth = 2;
		pen.strokeRect(Math.max(left, 1), 1, Math.max(Math.min(right, width - 1) - Math.max(left, 1), 2), 32);
	}

	overviewColumns(width)
	{
		if (this.overview && this.overview.length === width)
			return this.overview;
		const step = this.time.duration / width;

		this.overview = new Float64Array(width);
		for (const queue of this.trace.queues) {
			const { life } = indexOf(this.trace, queue);

			for (let x = 0; x < width; x++)
				this.overview[x] += (life.until((x + 1) * step) - life.until(x * step)) / step;
		}
		return this.overview;
	}

	drawLegend()
	{
		const entries = [...this.trace.stages.slice(0, STAGE.TOTAL), "not seen in between"].map((name, kind) => {
			const canvas = make("canvas", { width: 60, height: 24 });
			const entry = make("li", {}, canvas, `${name} (${["driver", "queue", "device"][LANE_OF[kind]]})`);
			const pen = canvas.getContext("2d");

			pen.scale(2, 2);
			pen.fillStyle = this.theme.fills[kind];
			pen.fillRect(0, 0, 30, 12);
			pen.strokeStyle = this.theme.kinds[kind];
			pen.strokeRect(0.5, 0.5, 29, 11);
			return entry;
		});

		byId("legend").replaceChildren(...entries, make("li", { text: "▼ full line: kick" }),
			make("li", { text: "▲ dashed line: interrupt" }));
	}

	retheme()
	{
		this.theme = new Theme();
		this.drawLegend();
		this.stages.draw();
		this.later();
	}

	choose(queue, i, seek)
	{
		const index = indexOf(this.trace, queue);

		this.selected = { queue, i };
		this.bands.forEach((band) => band.root.classList.toggle("chosen", band.queue === queue));
		this.steps.show(queue, i);
		if (seek || index.end[i] < this.time.from || index.begin[i] > this.time.to)
			this.time.show(index.begin[i], index.end[i]);
		this.later();
	}

	/* The buffer before or after the selected one, by when each began. */
	chooseNext(way)
	{
		const queue = this.selected ? this.selected.queue : this.trace.queues.find((one) => one.all.n);

		if (!queue)
			return;
		const { byBegin } = indexOf(this.trace, queue);
		const place = this.selected ? byBegin.indexOf(this.selected.i) + way : 0;

		if (place >= 0 && place < byBegin.length)
			this.choose(queue, byBegin[place], false);
	}

	/* In another queue, the buffer nearest in time. */
	chooseQueue(way)
	{
		const from = this.selected ? this.trace.queues.indexOf(this.selected.queue) : -1;
		const time = this.selected ? indexOf(this.trace, this.selected.queue).begin[this.selected.i] : 0;
		const { queues } = this.trace;

		for (let k = from + way; k >= 0 && k < queues.length; k += way)
			if (queues[k].all.n) {
				this.choose(queues[k], this.bands[k].nearest(time), false);
				this.bands[k].root.scrollIntoView({ block: "nearest" });
				return;
			}
	}

	showSelected()
	{
		if (!this.selected)
			return;
		const index = indexOf(this.trace, this.selected.queue);

		this.time.show(index.begin[this.selected.i], index.end[this.selected.i]);
	}
}

function inSight(element)
{
	const { top, bottom } = element.getBoundingClientRect();

	return bottom > -100 && top < innerHeight + 100;
}

function showFacts(trace)
{
	const { stats } = trace;
	const notes = byId("notes");
	const lost = trace.lost_driver + trace.lost_device + trace.probes_missed;
	const fates = trace.fates.map((name, fate) => stats.fates[fate] ? `${formatCount(stats.fates[fate])} ${name}` : "")
		.filter((words) => words).join(", ");

	document.title = `kc trace: ${trace.command || ""}`;
	byId("command").textContent = trace.command || "";
	byId("facts").textContent = `Linux ${trace.kernel || "(not known)"}, ${plural(trace.cpus, "CPU")}. ` +
		`${formatTime(trace.duration)}, ${plural(trace.queues.length, "queue")}, ${plural(stats.buffers, "buffer")}: ${fates || "none"}.`;
	notes.append(make("li", { className: lost ? "bad" : "", text: lost
		? `Lost: ${plural(trace.lost_driver, "event")} of the driver's side, ${trace.lost_device} of the device's, ` +
			`${trace.probes_missed} that a probe missed. Buffers that this touched are told apart; figures are of those seen.`
		: "No event was lost on either side." }));
	notes.append(make("li", { text: `Clock: the driver's times are the guest's, brought over to the host's clock; they are off by ` +
		`at most ${formatTime(trace.bound)} (drift ${(trace.drift * 1e6).toFixed(3)} ppm, by ${formatCount(trace.pairs)} pairs of ` +
		"events whose order is known)." + (trace.pieces > 1 ? ` No one rate agrees with all of these: they are ${trace.pieces} ` +
			`straight lines, and where one ends times can be off by ${formatTime(trace.jump)} more.` : "") }));
	for (const queue of trace.queues.filter((one) => one.stats.overlong))
		notes.append(make("li", { className: "bad", text: `${queueName(queue)}: ${overlongStory(queue)}` }));
	if (!trace.descriptors.n && stats.buffers)
		notes.append(make("li", { text: "No descriptors were recorded: addresses and lengths are not shown." }));
}

const COLUMNS = [
	["buffers", (stats) => formatCount(stats.buffers)],
	["out", (stats) => formatBytes(stats.out_bytes)],
	["in", (stats) => formatBytes(stats.in_bytes)],
	["written", (stats) => formatBytes(stats.written_bytes)],
	["descriptors each", (stats) => formatRatio(stats.descriptors, stats.popped)],
	["kicks sent", (stats) => formatCount(stats.kicks_sent)],
	["suppressed", (stats) => formatCount(stats.kicks_suppressed)],
	["buffers a kick", (stats) => formatRatio(kicked(stats), stats.kicks_sent)],
	["interrupts", (stats) => formatCount(stats.interrupts_raised)],
	["suppressed", (stats) => formatCount(stats.interrupts_suppressed)],
	["buffers each", (stats) => formatRatio(stats.in_flight_max && stats.fates[FATE.COMPLETE], stats.interrupts_taken)],
	["in flight, mean", (stats) => stats.in_flight_max ? trim(stats.in_flight_mean, 2) : ""],
	["most", (stats) => stats.in_flight_max ? formatCount(stats.in_flight_max) : ""],
];

/* Where events were lost it is not known how many were in flight, nor which kick was for which. */
function kicked(stats)
{
	return stats.in_flight_max &&
		stats.buffers - stats.fates[FATE.REFUSED] - stats.fates[FATE.UNASKED] - stats.fates[FATE.UNADDED];
}

function formatRatio(n, of)
{
	return n && of ? trim(n / of, 2) : "";
}

function showQueues(trace)
{
	const figures = (stats) => COLUMNS.map(([, value]) => make("td", { className: "number", text: value(stats) }));
	const rows = trace.queues.map((queue) => make("tr", {},
		make("th", { scope: "row", text: queueName(queue) }),
		make("td", { text: `${queue.packed ? "packed" : "split"}, ${queue.size || "?"} entries` }),
		make("td", { text: queue.about.bus || queue.about.path || "" }),
		...figures(queue.stats)));
	const head = make("tr", {}, ...["queue", "ring", "place"].map((text) => make("th", { text })),
		...COLUMNS.map(([text]) => make("th", { className: "number", text })));

	if (rows.length > 1)
		rows.push(make("tr", {}, make("th", { scope: "row", text: "together" }), make("td"), make("td"), ...figures(trace.stats)));
	byId("queues").append(head, ...rows);
}

/* What the pointer is over. */
function showTip(view, band, event)
{
	const i = band.hit(event.offsetX, event.offsetY);
	const tip = byId("tip");
	const { queue } = band, { all } = queue;

	tip.hidden = i < 0 || i === undefined;
	if (tip.hidden)
		return;
	const stages = view.trace.stages.map((name, stage) => [name, stageTime(all.at, i, stage)])
		.filter(([, time]) => time === time);

	tip.replaceChildren(
		make("strong", { text: `${queue.packed ? "id" : "head"} ${all.head[i]}, ${view.trace.fates[all.fate[i]]}` }),
		make("div", { text: `${formatBytes(all.outBytes[i])} out, ${formatBytes(all.inBytes[i])} in, ` +
			`${formatBytes(all.written[i])} written, ${plural(all.chain[i], "descriptor")}` }),
		...isOverlong(queue, i) ? [make("div", { className: "bad", text: overlongWords(queue, i) })] : [],
		...stages.map(([name, time]) => make("div", { text: `${name}: ${formatTime(time, 1)}` })),
		make("div", { text: band.isExact() ? "" : "(the last that began before here: zoom in to see each)" }));
	tip.style.left = `${Math.max(Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 6), 0)}px`;
	tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : event.clientY + 18}px`;
}

function listenToBand(view, band)
{
	const { canvas } = band;
	let grip = null;

	canvas.addEventListener("wheel", (event) => {
		const time = view.time.from + event.offsetX / canvas.clientWidth * view.time.span;

		event.preventDefault();
		if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
			view.time.pan((event.deltaX || event.deltaY) / canvas.clientWidth * view.time.span);
		else
			view.time.zoom(1.0015 ** Math.max(Math.min(event.deltaY, 400), -400), time);
	}, { passive: false });
	canvas.addEventListener("pointerdown", (event) => {
		if (event.button)
			return;
		grip = { x: event.clientX, from: view.time.from, moved: false };
		canvas.setPointerCapture(event.pointerId);
	});
	canvas.addEventListener("pointermove", (event) => {
		if (!grip)
			return showTip(view, band, event);
		const way = grip.x - event.clientX;

		grip.moved = grip.moved || Math.abs(way) > 4;
		canvas.classList.toggle("drags", grip.moved);
		if (grip.moved) {
			const from = grip.from + way / canvas.clientWidth * view.time.span;

			byId("tip").hidden = true;
			view.time.set(from, from + view.time.span);
		}
	});
	canvas.addEventListener("pointerup", (event) => {
		const i = grip && !grip.moved ? band.hit(event.offsetX, event.offsetY) : -1;

		grip = null;
		canvas.classList.remove("drags");
		if (i >= 0)
			view.choose(band.queue, i, false);
	});
	/* The browser scrolls the page with this finger. */
	canvas.addEventListener("pointercancel", () => {
		grip = null;
		canvas.classList.remove("drags");
	});
	canvas.addEventListener("pointerleave", () => byId("tip").hidden = true);
}

function listenToOverview(view)
{
	const canvas = byId("overview");

	const move = (event) => {
		const time = event.offsetX / canvas.clientWidth * view.time.duration;

		if (event.buttons)
			view.time.set(time - view.time.span / 2, time + view.time.span / 2);
	};
	canvas.addEventListener("pointerdown", move);
	canvas.addEventListener("pointermove", move);
}

function keyTable(view)
{
	return {
		"+": () => view.time.zoom(0.7), "=": () => view.time.zoom(0.7), "-": () => view.time.zoom(1 / 0.7),
		0: () => view.time.fit(), z: () => view.showSelected(),
		b: () => view.time.show(...busyPart(view.trace), 0.04),
		ArrowLeft: () => view.time.pan(-view.time.span / 8), ArrowRight: () => view.time.pan(view.time.span / 8),
		ArrowUp: () => view.chooseQueue(-1), ArrowDown: () => view.chooseQueue(1),
		n: () => view.chooseNext(1), p: () => view.chooseNext(-1),
		",": () => view.steps.go(view.steps.step - 1), ".": () => view.steps.go(view.steps.step + 1),
	};
}

/* Arrows are the timeline's only while it has the focus: elsewhere they scroll. */
function listenToKeys(view)
{
	const keys = keyTable(view);

	document.addEventListener("keydown", (event) => {
		const action = keys[event.key];
		const arrow = event.key.startsWith("Arrow");

		if (!action || event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "SELECT" ||
		    (arrow && !byId("lanes").contains(event.target)))
			return;
		event.preventDefault();
		action();
	});
}

/* PAGE.html#keys=n... is the page as it is after these keys. */
function pressKeys(view)
{
	const pressed = /^#keys=(.*)$/.exec(decodeURIComponent(location.hash));
	const keys = keyTable(view);

	for (const key of pressed ? pressed[1] : "")
		if (Object.hasOwn(keys, key))
			keys[key]();
}

function listen(view)
{
	const keys = keyTable(view);
	const buttons = { "zoom-in": "+", "zoom-out": "-", "zoom-fit": "0", "zoom-busy": "b", "zoom-buffer": "z", previous: "p", next: "n" };

	for (const id in buttons)
		byId(id).onclick = keys[buttons[id]];
	view.bands.forEach((band) => listenToBand(view, band));
	listenToOverview(view);
	listenToKeys(view);
	addEventListener("scroll", () => view.later(), { passive: true });
	addEventListener("resize", () => view.stages.draw() || view.later());
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.retheme());
}

const trace = readTrace(JSON.parse(byId("about").textContent), fromBase64(byId("records").textContent));
const view = new View(trace);

if (trace.stats.buffers)
	view.chooseNext(1);
else
	byId("steps").textContent = "No buffer was moved on any queue that is followed.";
pressKeys(view);
view.draw();
const opened = performance.now();
