// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga bench --plot: latency against throughput as an SVG picture.
 * Must not know how the figures were made.
 */
#include "bench.h"

#include <math.h>

#define WIDTH	720
#define LEFT	80
#define RIGHT	20
#define TOP	20
#define HEIGHT	380
#define BOTTOM	60
#define TICKS	5
#define LINE	16

static const char *const colours[BENCH_MAX_DEVICES] = {
	"#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b",
	"#17becf", "#7f7f7f",
};

/** struct axis - from figures to pixels: 0 lies at @from, @max at @to */
struct axis {
	double max;
	double step;
	double from;
	double to;
};

/* A round step so that TICKS of them, or few more, reach @max. */
static struct axis make_axis(double max, double from, double to)
{
	double power = max > 0 ? pow(10, floor(log10(max / TICKS))) : 1;
	double lead = max > 0 ? max / TICKS / power : 1;
	struct axis a = { .from = from, .to = to };

	a.step = power * (lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1);
	a.max = a.step * ceil(max / a.step);
	if (a.max <= 0)
		a.max = a.step;
	return a;
}

static double place(const struct axis *a, double v)
{
	return a->from + (a->to - a->from) * v / a->max;
}

static void escape(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&')
			fprintf(f, "&#%d;", *s);
		else
			fputc(*s, f);
	}
}

static void draw_frame(FILE *f, const struct axis *x, const struct axis *y)
{
	int top = (int)y->to, bottom = (int)y->from;
	double v;

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		WIDTH, bottom + BOTTOM);
	for (v = 0; v <= x->max * 1.0001; v += x->step)
		fprintf(f, "<path d=\"M%.1f %d V%d\" stroke=\"#ddd\"/>"
			"<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g"
			"</text>\n", place(x, v), top, bottom, place(x, v),
			bottom + 18, v);
	for (v = 0; v <= y->max * 1.0001; v += y->step)
		fprintf(f, "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g"
			"</text>\n", LEFT, place(y, v), WIDTH - RIGHT,
			LEFT - 6, place(y, v) + 4, v);
	fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">throughput "
		"(frames/s)</text>\n<text transform=\"translate(20 %d) "
		"rotate(-90)\" text-anchor=\"middle\">latency, median (ms)"
		"</text>\n", (LEFT + WIDTH - RIGHT) / 2,
		bottom + BOTTOM - 15, (top + bottom) / 2);
}

static void draw_device(FILE *f, const struct bench_device *dev,
			const char *colour, uint32_t row, const struct axis *x,
			const struct axis *y)
{
	uint32_t i;

	/* One line for each batch size: how depth trades latency. */
	fprintf(f, "<path fill=\"none\" stroke=\"%s\" d=\"", colour);
	for (i = 0; i < dev->points; i++)
		fprintf(f, "%c%.1f,%.1f ", i && dev->point[i].batch ==
			dev->point[i - 1].batch ? 'L' : 'M',
			place(x, dev->point[i].fps),
			place(y, dev->point[i].p50_ms));
	fputs("\"/>\n", f);
	for (i = 0; i < dev->points; i++) {
		const struct bench_point *p = &dev->point[i];

		fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\">"
			"<title>batch %u, depth %u: %.3f ms, %.2f frames/s"
			"</title></circle>\n", place(x, p->fps),
			place(y, p->p50_ms), colour, p->batch, p->depth,
			p->p50_ms, p->fps);
	}
	fprintf(f, "<text x=\"%d\" y=\"%u\" fill=\"%s\">", LEFT,
		TOP + LINE * row, colour);
	escape(f, dev->name);
	fputs("</text>\n", f);
}

void bench_plot(FILE *f, const struct bench_device *dev, uint32_t count)
{
	/* The names stand above, where no point can be. */
	double top = TOP + LINE * count;
	double fps = 0, ms = 0;
	struct axis x, y;
	uint32_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < dev[i].points; k++) {
			fps = fmax(fps, dev[i].point[k].fps);
			ms = fmax(ms, dev[i].point[k].p50_ms);
		}
	x = make_axis(fps, LEFT, WIDTH - RIGHT);
	y = make_axis(ms, top + HEIGHT, top);
	draw_frame(f, &x, &y);
	for (i = 0; i < count; i++)
		draw_device(f, &dev[i], colours[i], i, &x, &y);
	fputs("</svg>\n", f);
}
