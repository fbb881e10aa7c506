/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long each stage takes: a histogram, and the figures that kc reckoned. */

const BINS_A_DECADE = 12;
const RANKS = [["p50", 0.5, "◇"], ["p90", 0.9, "△"], ["p99", 0.99, "□"], ["max", 1, "●"]];

function binOf(ns)
{
	return ns < 1 ? 0 : Math.floor(Math.log10(ns) * BINS_A_DECADE);
}

/* Counts by bin, of all stages at once; what is less than 1 ns is in the first. */
function histograms(queues)
{
	const found = Array.from({ length: STAGES }, () => []);

	for (const queue of queues)
		for (let stage = 0; stage < STAGES; stage++)
			for (let i = 0; i < queue.all.n; i++) {
				const time = stageTime(queue.all.at, i, stage);

				if (time === time) {
					const bin = binOf(time);

					found[stage][bin] = (found[stage][bin] || 0) + 1;
				}
			}
	return found;
}

/* A buffer whose @stage took exactly @time: kc's figures are all of some buffer. */
function findByStage(queues, stage, time)
{
	for (const queue of queues)
		for (let i = 0; i < queue.all.n; i++)
			if (stageTime(queue.all.at, i, stage) === time)
				return { queue, i };
	return null;
}

class StageTable {
	constructor(view)
	{
		this.view = view;
		this.select = document.getElementById("stages-queue");
		this.table = document.getElementById("stages");
		this.select.append(new Option("all queues", -1));
		view.trace.queues.forEach((queue, k) => this.select.append(new Option(queueName(queue), k)));
		this.select.onchange = () => this.fill();
		this.fill();
	}

	fill()
	{
		const chosen = Number(this.select.value);
		const { trace } = this.view;

		this.queues = chosen < 0 ? trace.queues : [trace.queues[chosen]];
		this.stats = (chosen < 0 ? trace : trace.queues[chosen]).stats;
		this.bins = histograms(this.queues);
		this.table.replaceChildren(this.makeHead(), ...trace.stages.map((name, stage) => this.makeRow(name, stage)));
		this.draw();
	}

	makeHead()
	{
		const row = document.createElement("tr");

		for (const name of ["stage", "buffers", ...RANKS.map(([rank]) => rank), ""]) {
			const cell = document.createElement("th");

			cell.textContent = name;
			cell.className = name === "stage" || !name ? "" : "number";
			row.append(cell);
		}
		return row;
	}

	makeRow(name, stage)
	{
		const row = document.createElement("tr");
		const latency = this.stats.stages[stage];
		const cell = (content, kind) => {
			const made = document.createElement(kind);

			made.append(content);
			made.className = kind === "td" ? "number" : "";
			row.append(made);
			return made;
		};

		cell(name, "th").scope = "row";
		cell(formatCount(latency.count), "td");
		for (const [rank] of RANKS)
			cell(latency.count ? this.makeValue(stage, latency[rank], rank) : "", "td");
		cell(document.createElement("canvas"), "td").className = "";
		return row;
	}

	makeValue(stage, time, rank)
	{
		const button = document.createElement("button");

		button.textContent = formatTime(time, 1);
		button.title = `${formatCount(time)} ns: select a buffer of this ${rank}`;
		button.onclick = () => {
			const found = findByStage(this.queues, stage, time);

			if (found)
				this.view.choose(found.queue, found.i, true);
		};
		return button;
	}

	draw()
	{
		const used = this.bins.flatMap((bins) => Object.keys(bins).map(Number));

		this.least = Math.min(...used, 0 * BINS_A_DECADE + Math.min(...used, 99));
		this.most = Math.max(...used, this.least + BINS_A_DECADE) + 1;
		this.table.querySelectorAll("canvas").forEach((canvas, stage) => this.drawStage(canvas, stage));
	}

	drawStage(canvas, stage)
	{
		const { pen, width } = prepareCanvas(canvas, 44);
		const { theme } = this.view;
		const ground = 30, step = width / (this.most - this.least);
		const x = (bin) => (bin - this.least) * step;
		const most = Math.max(...this.bins[stage].filter((count) => count), 1);

		pen.fillStyle = theme.line;
		pen.fillRect(0, ground, width, 1);
		pen.fillStyle = theme.fills[stage] || theme.dim;
		this.bins[stage].forEach((count, bin) => {
			const height = Math.max(count / most * (ground - 12), 1);

			pen.fillRect(x(bin), ground - height, Math.max(step - 1, 1), height);
		});
		this.drawScale(pen, x, ground, width);
		this.drawRanks(pen, this.stats.stages[stage], x, step);
	}

	drawScale(pen, x, ground, width)
	{
		pen.fillStyle = this.view.theme.dim;
		for (let bin = Math.ceil(this.least / BINS_A_DECADE) * BINS_A_DECADE; bin <= this.most; bin += BINS_A_DECADE)
			if (x(bin) < width - 40) {
				pen.fillRect(x(bin), ground, 1, 4);
				pen.fillText(formatTime(10 ** (bin / BINS_A_DECADE)), x(bin) + 3, ground + 12);
			}
	}

	drawRanks(pen, latency, x, step)
	{
		pen.fillStyle = this.view.theme.text;
		for (const [rank, , mark] of latency.count ? RANKS : [])
			pen.fillText(mark, x(binOf(latency[rank])) + step / 2 - 5, 9);
	}
}
