/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With #selftest the page checks itself; its verdict is the text of #verdict. */

function nearestRank(times, share)
{
	return times[Math.max(Math.ceil(share * times.length), 1) - 1];
}

/* The page's stages against those that kc reckoned. */
function checkStages(fail)
{
	for (const queue of trace.queues)
		for (let stage = 0; stage < STAGES; stage++) {
			const times = Float64Array.from({ length: queue.all.n }, (unused, i) => stageTime(queue.all.at, i, stage))
				.filter((time) => time === time).sort();
			const said = queue.stats.stages[stage];

			if (times.length !== said.count)
				fail(`${trace.stages[stage]}: ${times.length} times, not ${said.count}`);
			for (const [rank, share] of times.length ? RANKS : [])
				if (nearestRank(times, share) !== said[rank])
					fail(`${trace.stages[stage]}: ${rank} is ${nearestRank(times, share)}, not ${said[rank]}`);
		}
}

function checkLengths(fail)
{
	for (const queue of trace.queues) {
		const { all, stats } = queue;
		const wrong = Array.from(all.flags.keys()).filter((i) => isOverlong(queue, i));
		const excess = wrong.reduce((sum, i) => sum + all.written[i] - all.inBytes[i], 0);

		if (wrong.length !== stats.overlong || excess !== stats.excess_bytes || stats.written_bytes > stats.in_bytes)
			fail(`${wrong.length} buffers are too long by ${excess}, not ${stats.overlong} by ${stats.excess_bytes}`);
		if (wrong.length && !byId("notes").textContent.includes(overlongStory(queue)))
			fail("what the device wrote beyond is not told");
	}
}

/* No two buffers share a row at a time, and the loads add up to them. */
function checkRows(fail)
{
	for (const queue of trace.queues) {
		const index = indexOf(trace, queue);

		for (let row = 0; row < index.rows && queue.all.n; row++)
			for (let k = index.first[row] + 1; k < index.first[row + 1]; k++)
				if (index.begin[index.items[k]] < index.end[index.items[k - 1]])
					fail(`row ${row}: two buffers at a time`);
	}
}

/* Each step of some buffers: what its rings must hold by what the step is. */
function checkSteps(fail)
{
	let steps = 0;

	for (const queue of trace.queues)
		for (let i = 0; i < queue.all.n; i += Math.max(Math.floor(queue.all.n / 100), 1)) {
			const moments = momentsOf(queue, i);

			moments.forEach((moment, step) => {
				const state = ringState(trace, queue, i, moments, step);

				steps++;
				if (state && queue.all.fate[i] === FATE.COMPLETE)
					(state.packed ? checkPackedStep : checkSplitStep)(state, queue, i, moment, fail);
				view.steps.show(queue, i);
				view.steps.go(step);
			});
		}
	return steps;
}

function checkSplitStep(state, queue, i, moment, fail)
{
	const { all, size } = queue;
	const avail = state.avail.get(all.position[i] % size), used = state.used.get(all.used[i] % size);

	/* Once it is popped, others may take its place. */
	if (moment <= MOMENT.POPPED && !(all.at[MOMENT.POPPED][i] < all.at[moment][i]) && (!avail || avail.i !== i))
		fail(`buffer ${i}, ${trace.moments[moment]}: its head is not in the avail ring`);
	if (moment >= MOMENT.PUSHED && (!used || used.i !== i || used.id !== all.head[i]))
		fail(`buffer ${i}, ${trace.moments[moment]}: it is not in the used ring`);
	if (moment === MOMENT.ADDED && state.availIdx.value !== (all.position[i] + 1) % LAP)
		fail(`buffer ${i}: avail.idx is ${state.availIdx.value}`);
	if (moment === MOMENT.COLLECTED && state.lastUsed.value !== (all.used[i] + 1) % LAP)
		fail(`buffer ${i}: the driver goes on at ${state.lastUsed.value}`);
}

function checkPackedStep(state, queue, i, moment, fail)
{
	const { all } = queue;
	const first = state.ring.get(all.position[i] & ~WRAP), used = state.ring.get(all.used[i] & ~WRAP);

	/* Once it is popped, what is used may be written over it. */
	if (moment <= MOMENT.POPPED && !(all.at[MOMENT.POPPED][i] < all.at[moment][i]) &&
	    (!first || first.i !== i || first.avail === first.used))
		fail(`buffer ${i}, ${trace.moments[moment]}: its slot is not available`);
	if (moment >= MOMENT.PUSHED && (!used || used.i !== i || used.avail !== used.used))
		fail(`buffer ${i}, ${trace.moments[moment]}: its slot is not used`);
}

/* Zooms over the whole trace and back; the slowest drawing, in ms. */
function measureDrawing()
{
	const times = [];

	for (let k = 0; k < 60; k++) {
		const begin = performance.now();

		view.time.zoom(k < 30 ? 0.7 : 1 / 0.7, view.time.duration * 0.4);
		view.draw();
		times.push(performance.now() - begin);
	}
	times.sort((a, b) => a - b);
	return { median: times[30], slowest: times[59] };
}

/* At a place of @canvas, as from a mouse. */
function act(canvas, Kind, type, x, y, more = {})
{
	const { left, top } = canvas.getBoundingClientRect();

	canvas.dispatchEvent(new Kind(type, { clientX: left + x, clientY: top + y, bubbles: true, cancelable: true, ...more }));
}

function press(key)
{
	byId("lanes").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/* The wheel keeps the time under it in its place; what is dragged stays under the pointer. */
function checkPointer(band, fail)
{
	const { canvas } = band, { time } = view;
	const x = canvas.clientWidth / 3, y = 20;
	const under = (at) => time.from + at / canvas.clientWidth * time.span;
	const isNear = (a, b) => Math.abs(a - b) <= 2 * time.span / canvas.clientWidth;

	canvas.setPointerCapture = () => undefined; /* no pointer is real here */
	time.fit();
	const before = under(x), span = time.span;

	act(canvas, WheelEvent, "wheel", x, y, { deltaY: -400 });
	if (!(time.span < span) || !isNear(under(x), before))
		fail("the wheel does not zoom where the pointer is");
	const held = under(x + 50);

	act(canvas, PointerEvent, "pointerdown", x + 50, y, { button: 0 });
	act(canvas, PointerEvent, "pointermove", x, y);
	act(canvas, PointerEvent, "pointerup", x, y);
	if (!isNear(under(x), held))
		fail("what is dragged does not stay under the pointer");
	for (const [button, end] of [[2, "contextmenu"], [0, "pointercancel"]]) {
		const { from } = time;

		act(canvas, PointerEvent, "pointerdown", x, y, { button });
		act(canvas, PointerEvent, end, x, y);
		act(canvas, PointerEvent, "pointermove", x + 90, y);
		if (time.from !== from)
			fail(`moves without being dragged, after ${end}`);
	}
	byId("tip").hidden = true;
}

function checkClick(band, fail)
{
	const { queue, canvas } = band;
	const i = indexOf(trace, queue).byBegin[queue.all.n >>> 1];

	view.choose(queue, i, true);
	view.draw();
	const moment = momentsOf(queue, i)[0];
	const lane = isDriversMoment(moment) ? 0 : 2;
	const x = band.x(queue.all.at[moment][i]) + 0.5, y = band.rowTop(lane, indexOf(trace, queue).row[i]) + band.rowHeight() / 2;

	view.selected = null;
	act(canvas, PointerEvent, "pointerdown", x, y, { button: 0 });
	act(canvas, PointerEvent, "pointerup", x, y);
	if (!view.selected)
		fail("a click selects nothing");
}

function checkKeys(queue, fail)
{
	const { time } = view;

	press("0");
	const { span } = time;

	press("+");
	if (!(time.span < span))
		fail("+ does not zoom in");
	press("b");
	const [first, last] = busyPart(trace);

	if (!(time.from < first && time.to > last && (time.span < 1.2 * (last - first) || time.span < 100)))
		fail(`b shows ${time.from} to ${time.to}, and something happens from ${first} to ${last}`);
	press("+");
	const { from } = time;

	press("ArrowRight");
	if (!(time.from > from))
		fail("the right arrow does not move");
	view.choose(queue, indexOf(trace, queue).byBegin[0], true);
	press("n");
	if (queue.all.n > 1 && view.selected.i !== indexOf(trace, queue).byBegin[1])
		fail("n does not select the next buffer");
	press(".");
	if (view.steps.moments.length > 1 && view.steps.step !== 1)
		fail(". does not make a step");
}

function checkHands(fail)
{
	const band = view.bands.find((one) => one.queue.all.n);

	if (!band)
		return;
	checkPointer(band, fail);
	checkClick(band, fail);
	checkKeys(band.queue, fail);
}

function kcSelfTest()
{
	const wrong = [];
	const fail = (words) => wrong.push(words);

	addEventListener("error", (event) => fail(event.message));
	checkStages(fail);
	checkLengths(fail);
	checkRows(fail);
	checkHands(fail);
	const steps = checkSteps(fail);

	view.time.fit();
	const { median, slowest } = measureDrawing();
	const buffers = trace.queues.reduce((sum, queue) => sum + queue.all.n, 0);

	return wrong.length ? `self-test failed: ${wrong.length}: ${wrong.slice(0, 5).join("; ")}`
		: `self-test passed: ${buffers} buffers, ${trace.descriptors.n} descriptors, ${steps} steps; opened in ${Math.round(opened)} ms; drawn in ${median.toFixed(1)} ms, at most ${slowest.toFixed(1)} ms`;
}

if (location.hash === "#selftest")
	document.body.append(make("pre", { id: "verdict", text: kcSelfTest() }));
