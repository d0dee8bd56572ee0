// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A progress bar on stderr where that is a terminal.
 * Must not know what progresses.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define BAR_WIDTH	30
#define REDRAW_NS	100000000u

void progress_start(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){ 0 };
	if (tool_is_quiet() || !isatty(STDERR_FILENO))
		return;
	p->what = what;
	p->total = total;
	p->started_ns = tool_now_ns();
}

static void draw(const struct progress *p, uint64_t done, double seconds)
{
	char bar[BAR_WIDTH + 1];
	size_t full;

	if (!p->total) {
		fprintf(stderr, "\r%s: %llu, %.1f/s\033[K", p->what,
			(unsigned long long)done, (double)done / seconds);
		return;
	}
	full = (size_t)(done * BAR_WIDTH / p->total);
	memset(bar, '#', full);
	memset(bar + full, '.', BAR_WIDTH - full);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s: [%s] %llu/%llu %.1fs\033[K", p->what, bar,
		(unsigned long long)done, (unsigned long long)p->total,
		seconds);
}

void progress_set(struct progress *p, uint64_t done)
{
	uint64_t now;

	if (!p->what)
		return;
	now = tool_now_ns();
	if (now - p->shown_ns < REDRAW_NS)
		return;
	p->shown_ns = now;
	draw(p, p->total && done > p->total ? p->total : done,
	     (double)(now - p->started_ns) / 1e9);
}

void progress_end(struct progress *p)
{
	if (p->what && p->shown_ns)
		fputs("\r\033[K", stderr);
	p->what = NULL;
}
