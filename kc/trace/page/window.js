/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stretch of time that is shown, and how numbers are written. */

function formatTime(ns, digits = 3)
{
	const size = Math.abs(ns);

	if (!(size >= 1000))
		return `${Math.round(ns)} ns`;
	if (size < 1e6)
		return `${trim(ns / 1e3, digits)} µs`;
	if (size < 1e9)
		return `${trim(ns / 1e6, digits)} ms`;
	return `${trim(ns / 1e9, digits)} s`;
}

function trim(value, digits)
{
	return String(Number(value.toFixed(digits)));
}

function formatCount(n)
{
	return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

function formatBytes(n)
{
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;

	/* Exact as long as it is short. */
	for (let least = 10240; n >= least && unit < 4; least = 1024, unit++)
		n /= 1024;
	return `${unit ? trim(n, 1) : formatCount(n)} ${units[unit]}`;
}

function plural(n, word)
{
	return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}

class TimeWindow {
	constructor(duration, changed)
	{
		this.duration = Math.max(duration, 1);
		this.changed = changed;
		this.fit();
	}

	get span()
	{
		return this.to - this.from;
	}

	fit()
	{
		this.set(-0.01 * this.duration, 1.01 * this.duration);
	}

	/* Nothing is told apart below a nanosecond, and nothing is beyond the trace. */
	set(from, to)
	{
		const slack = 0.02 * this.duration + 10;
		const span = Math.min(Math.max(to - from, 20), this.duration + 2 * slack);

		this.from = Math.min(Math.max(from, -slack), this.duration + slack - span);
		this.to = this.from + span;
		this.changed();
	}

	zoom(factor, around = (this.from + this.to) / 2)
	{
		const span = Math.min(Math.max(this.span * factor, 20), 1.04 * this.duration + 20);
		const share = (around - this.from) / this.span;

		this.set(around - share * span, around + (1 - share) * span);
	}

	pan(time)
	{
		this.set(this.from + time, this.to + time);
	}

	/* Brings a buffer into sight, or several, with some of what is around. */
	show(begin, end, share = 0.4)
	{
		const margin = Math.max((end - begin) * share, 10);

		this.set(begin - margin, end + margin);
	}
}

/* A step of 1, 2 or 5 times a power of ten, so that about @count fit. */
function niceStep(span, count)
{
	const rough = span / count;
	const power = 10 ** Math.floor(Math.log10(rough));

	for (const factor of [1, 2, 5])
		if (factor * power >= rough)
			return factor * power;
	return 10 * power;
}
