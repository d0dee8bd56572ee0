// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * onnxruntime in a process of its own, which peer_onnxruntime.py is: a line
 * asks for a frame, a line says that it is done. Frames pass through a shared
 * file, outside of what is measured. Must not know the network.
 */
#include "peer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/**
 * struct ort - a running session
 * @file: the frame in and the frame out, mapped at @frames
 */
struct ort {
	pid_t pid;
	FILE *ask;
	FILE *answer;
	char file[64];
	uint8_t *frames;
	size_t in_bytes, out_bytes;
};

/* In the child: never returns. */
static void become(const struct peer *peer, const char *model,
		   const struct soft_tensor *t, uint32_t threads,
		   const struct ort *o, const int ask[2], const int answer[2])
{
	const char *python = getenv("SRFPGA_BENCH_PYTHON");
	char h[16], w[16], n[16];

	snprintf(h, sizeof(h), "%u", t->h);
	snprintf(w, sizeof(w), "%u", t->w);
	snprintf(n, sizeof(n), "%u", threads);
	dup2(ask[0], STDIN_FILENO);
	dup2(answer[1], STDOUT_FILENO);
	close(ask[1]);
	close(answer[0]);
	execl(python, python, getenv("SRFPGA_BENCH_ORT"), model,
	      (const char *)peer->data, h, w, n, o->file, NULL);
	_exit(127);
}

static int start(const struct peer *peer, const char *model,
		 const struct soft_tensor *t, uint32_t threads, struct ort *o)
{
	int ask[2], answer[2];

	if (pipe2(ask, O_CLOEXEC))
		return -errno;
	if (pipe2(answer, O_CLOEXEC)) {
		close(ask[0]);
		close(ask[1]);
		return -EMFILE;
	}
	fflush(NULL);
	o->pid = fork();
	if (!o->pid)
		become(peer, model, t, threads, o, ask, answer);
	close(ask[0]);
	close(answer[1]);
	o->ask = fdopen(ask[1], "w");
	o->answer = fdopen(answer[0], "r");
	return o->pid < 0 || !o->ask || !o->answer ? -ENOMEM : 0;
}

static int share_frames(struct ort *o)
{
	size_t bytes = o->in_bytes + o->out_bytes;
	int fd;

	snprintf(o->file, sizeof(o->file), "/tmp/srfpga-bench-XXXXXX");
	fd = mkstemp(o->file);
	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, bytes))
		o->frames = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				 MAP_SHARED, fd, 0);
	close(fd);
	return o->frames && o->frames != MAP_FAILED ? 0 : -ENOMEM;
}

static int ask(struct ort *o, const char *what)
{
	char line[16];

	fprintf(o->ask, "%s\n", what);
	fflush(o->ask);
	return fgets(line, sizeof(line), o->answer) ? 0 : -EPIPE;
}

static void ort_destroy(void *state)
{
	struct ort *o = state;

	if (!o)
		return;
	if (o->ask)
		fclose(o->ask);
	if (o->answer)
		fclose(o->answer);
	if (o->pid > 0)
		waitpid(o->pid, NULL, 0);
	if (o->frames && o->frames != MAP_FAILED)
		munmap(o->frames, o->in_bytes + o->out_bytes);
	unlink(o->file);
	free(o);
}

/* The frame must be there before the session begins: it is converted once. */
static int ort_create(const struct peer *peer, const char *model,
		      const struct soft_graph *g, uint32_t threads,
		      const uint8_t *in, void **state)
{
	const char *python = getenv("SRFPGA_BENCH_PYTHON");
	struct ort *o;
	int err;

	if (!python || !*python || !getenv("SRFPGA_BENCH_ORT"))
		return -ENOENT;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	/* A session that cannot begin is an answer that does not come. */
	signal(SIGPIPE, SIG_IGN);
	o->in_bytes = g->ports[0].info.frame_bytes;
	o->out_bytes = g->ports[1].info.frame_bytes;
	err = share_frames(o);
	if (!err) {
		memcpy(o->frames, in, o->in_bytes);
		err = start(peer, model, &g->tensors[g->ports[0].tensor],
			    threads, o);
	}
	if (!err)
		err = ask(o, "run");
	if (err) {
		ort_destroy(o);
		return -ENOENT;
	}
	*state = o;
	return 0;
}

static int ort_run(void *state)
{
	return ask(state, "run");
}

static int ort_output(void *state, uint8_t *out)
{
	struct ort *o = state;
	int err = ask(o, "frame");

	if (!err)
		memcpy(out, o->frames + o->in_bytes, o->out_bytes);
	return err;
}

const struct peer peer_ort_int8 = {
	.name = "onnxruntime INT8",
	.data = "int8",
	.tolerance = 0.5,
	.create = ort_create,
	.run = ort_run,
	.output = ort_output,
	.destroy = ort_destroy,
};

const struct peer peer_ort_float = {
	.name = "onnxruntime FP32",
	.data = "float",
	.tolerance = 1,
	.create = ort_create,
	.run = ort_run,
	.output = ort_output,
	.destroy = ort_destroy,
};
