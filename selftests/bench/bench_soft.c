// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How fast the software FPGA is, beside the machine's peak and other software
 * on the same network. Everything takes turns within a round, and the best
 * round counts, so that what else the machine does cancels out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peak.h"
#include "peer.h"

#define HEIGHT		1080
#define WIDTH		1920
#define PEAK_SECONDS	0.002
#define PEAK_TRIES	20
#define MAX_SUBJECTS	10
#define MAX_OURS	2

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static const char *isa_name(enum srfpga_soft_isa isa)
{
	static const char *const names[] = {
		[SRFPGA_SOFT_PORTABLE] = "portable",
		[SRFPGA_SOFT_AVX2] = "avx2",
		[SRFPGA_SOFT_AVX512_VNNI] = "avx512_vnni",
		[SRFPGA_SOFT_NEON] = "neon",
		[SRFPGA_SOFT_AMX_INT8] = "amx_int8",
	};

	return names[isa];
}

/* --- the machine -------------------------------------------------------- */

static double try_peak(enum srfpga_soft_isa isa, bool loaded, long rounds)
{
	double t = now();

	peak_loop(isa, loaded, rounds);
	return now() - t;
}

/* Multiply-accumulates a second of one thread, or 0. */
static double measure_peak(enum srfpga_soft_isa isa, bool loaded)
{
	double best = 0;
	long rounds = 1000;

	if (!peak_macs(isa))
		return 0;
	while (try_peak(isa, loaded, rounds) < PEAK_SECONDS)
		rounds *= 2;
	for (int i = 0; i < PEAK_TRIES; i++) {
		double speed = peak_macs(isa) * rounds / try_peak(isa, loaded, rounds);

		best = speed > best ? speed : best;
	}
	return best;
}

/* --- models ------------------------------------------------------------- */

/** struct model - a loaded network and its buffers */
struct model {
	struct srfpga_soft_model *soft;
	void *buffers[16];
	size_t bytes;
};

static int model_load(const char *path, uint32_t h, uint32_t w,
		      uint32_t threads, enum srfpga_soft_isa isa,
		      struct srfpga_soft_model **m)
{
	struct srfpga_soft_options opt = {
		.size = sizeof(opt), .height = h, .width = w,
		.threads = threads, .isa = isa,
	};
	char err[256] = "";
	int ret = srfpga_soft_load(path, &opt, m, err, sizeof(err));

	if (ret)
		fprintf(stderr, "bench: %s: %s\n", path, err);
	return ret;
}

static int model_open(const char *path, uint32_t h, uint32_t w,
		      uint32_t threads, enum srfpga_soft_isa isa,
		      uint32_t frames, struct model *m)
{
	int ret = model_load(path, h, w, threads, isa, &m->soft);

	m->bytes = 0;
	for (uint32_t i = 0; !ret && i < srfpga_soft_num_ports(m->soft); i++) {
		struct srfpga_soft_port port;
		size_t n;

		srfpga_soft_get_port(m->soft, i, &port);
		n = port.frame_bytes * frames;
		m->buffers[i] = malloc(n);
		if (!m->buffers[i])
			return -ENOMEM;
		for (size_t j = 0; j < n; j++)
			((uint8_t *)m->buffers[i])[j] = j * 2654435761u >> 24;
		m->bytes += n;
	}
	return ret;
}

static void model_close(struct model *m)
{
	for (uint32_t i = 0; i < srfpga_soft_num_ports(m->soft); i++)
		free(m->buffers[i]);
	srfpga_soft_free(m->soft);
}

static double graph_macs(const struct soft_graph *g)
{
	double macs = 0;

	for (uint32_t i = 0; i < g->num_ops; i++) {
		const struct soft_op *op = &g->ops[i];
		const struct soft_conv *c = &op->conv;

		if (op->kind == SOFT_OP_CONV)
			macs += (double)soft_tensor_size(
					&g->tensors[op->output]) *
				c->kh * c->kw *
				g->tensors[op->inputs[0]].c / c->groups;
	}
	return macs;
}

/* --- super-resolution against peers ------------------------------------- */

/** struct ours - the software FPGA with one instruction set */
struct ours {
	enum srfpga_soft_isa isa;
	double peak[2];		/* multiply-accumulates/s; with loads */
	double fps[3];		/* with 1 and 2 threads */
	struct model model[3];
};

/** struct subject - something that computes a frame */
struct subject {
	const struct peer *peer;	/* NULL: the software FPGA */
	struct ours *ours;
	uint32_t threads;
	struct model *model;
	void *state;
	double best;			/* seconds */
};

static double run_subject(struct subject *s)
{
	double t = now();
	int err;

	if (s->peer)
		err = s->peer->run(s->state);
	else
		err = srfpga_soft_run(s->model->soft, s->model->buffers, 1);
	t = now() - t;
	if (err) {
		fprintf(stderr, "bench: %s: error %d\n",
			s->peer ? s->peer->name : "soft", err);
		exit(1);
	}
	if (!s->best || t < s->best)
		s->best = t;
	return t;
}

/* Or it computes something else, and no ratio means anything. */
static void check_peer(struct subject *s, struct subject *ours)
{
	size_t n = 12ul * HEIGHT * WIDTH, sum = 0;
	uint8_t *want = malloc(n), *got = s->model->buffers[1];

	if (!want)
		exit(1);
	run_subject(ours);
	memcpy(want, ours->model->buffers[1], n);
	run_subject(s);
	if (s->peer->output(s->state, got))
		exit(1);
	for (size_t i = 0; i < n; i++)
		sum += abs(want[i] - got[i]);
	free(want);
	if (sum > n * s->peer->tolerance) {
		fprintf(stderr, "bench: %s differs by %.3f on average\n",
			s->peer->name, (double)sum / n);
		exit(1);
	}
}

static const struct peer *const peers[] = {
	&peer_onednn, &peer_ort_int8, &peer_ort_float,
};

#define PEERS	(sizeof(peers) / sizeof(*peers))

/** struct results - of the network that all compute
 * @ours: the default, and AVX512-VNNI if that is another
 */
struct results {
	struct ours ours[MAX_OURS];
	int num_ours;
	double peer[PEERS][3];
	double macs;
};

/* Keys in JSON begin with @prefix. */
static void report_ours(const struct ours *o, double macs, const char *prefix,
			FILE *json)
{
	double of_peak = o->peak[0] ? macs / o->peak[0] : 0;

	printf("%s, peak %.1f GMAC/s on one thread, %.1f with operands from L1\n",
	       isa_name(o->isa), o->peak[0] * 1e-9, o->peak[1] * 1e-9);
	for (int t = 1; t <= 2; t++)
		printf("  %d thread%s  %6.3f frames/s  %6.1f GMAC/s  %5.1f %% of "
		       "peak\n", t, t > 1 ? "s" : " ", o->fps[t],
		       o->fps[t] * macs * 1e-9, 100 * o->fps[t] * of_peak / t);
	printf("  scaling     %6.3f\n", o->fps[2] / o->fps[1]);
	fprintf(json, "  \"%speak_gmac_per_s\": %.2f,\n", prefix,
		o->peak[0] * 1e-9);
	fprintf(json, "  \"%sloaded_peak_gmac_per_s\": %.2f,\n", prefix,
		o->peak[1] * 1e-9);
	fprintf(json, "  \"%slrsrn_1080p_fps_1t\": %.4f,\n", prefix, o->fps[1]);
	fprintf(json, "  \"%slrsrn_1080p_fps_2t\": %.4f,\n", prefix, o->fps[2]);
	fprintf(json, "  \"%slrsrn_1080p_gmac_per_s_1t\": %.2f,\n", prefix,
		o->fps[1] * macs * 1e-9);
	fprintf(json, "  \"%speak_fraction_1t\": %.4f,\n", prefix,
		o->fps[1] * of_peak);
	fprintf(json, "  \"%sscaling_2t\": %.4f,\n", prefix,
		o->fps[2] / o->fps[1]);
}

static void report_lrsrn(const struct results *r, FILE *json)
{
	printf("LRSRN x2, 1920x1080 in\n");
	for (int i = 0; i < r->num_ours; i++) {
		char prefix[32] = "";

		if (i)
			snprintf(prefix, sizeof(prefix), "%s_",
				 isa_name(r->ours[i].isa));
		report_ours(&r->ours[i], r->macs, prefix, json);
	}
}

static void report_peer(const char *name, const double fps[3],
			const double soft[3], FILE *json)
{
	if (!fps[1]) {
		printf("  %-16s  n/a: not installed\n", name);
		return;
	}
	printf("  %-16s  %6.3f and %6.3f frames/s: ratio %.3f and %.3f\n", name,
	       fps[1], fps[2], soft[1] / fps[1], soft[2] / fps[2]);
	fprintf(json, "\n    {\"name\": \"%s\", ", name);
	fprintf(json, "\"fps_1t\": %.4f, \"fps_2t\": %.4f, ", fps[1], fps[2]);
	fprintf(json, "\"ratio_1t\": %.4f, \"ratio_2t\": %.4f}",
		soft[1] / fps[1], soft[2] / fps[2]);
}

static void report_peers(const struct results *r, FILE *json)
{
	const char *comma = "";

	fprintf(json, "  \"peers\": [");
	for (size_t i = 0; i < PEERS; i++) {
		if (r->peer[i][1]) {
			fputs(comma, json);
			comma = ",";
		}
		report_peer(peers[i]->name, r->peer[i], r->ours[0].fps, json);
	}
	fprintf(json, "\n  ]\n");
}

/* Adds the peers that are there; returns how many subjects there are then. */
static int add_peers(const char *path, struct model *m, struct subject *s,
		     int n)
{
	struct subject *ours = s;

	for (size_t i = 0; i < 2 * PEERS; i++) {
		const struct peer *p = peers[i / 2];
		int err = -ENOENT;

		s[n] = (struct subject) { p, NULL, 1 + i % 2, m, NULL, 0 };
		if (p->create)
			err = p->create(p, path, soft_model_graph(m->soft),
					s[n].threads, m->buffers[0],
					&s[n].state);
		if (err == -ENOENT)
			continue;
		if (err)
			exit(1);
		check_peer(&s[n++], ours);
	}
	return n;
}

static size_t index_of(const struct peer *peer)
{
	size_t i = 0;

	while (peers[i] != peer)
		i++;
	return i;
}

static void choose_ours(struct results *r)
{
	r->ours[r->num_ours++].isa = soft_isa_best();
	if (r->ours[0].isa == SRFPGA_SOFT_AMX_INT8)
		r->ours[r->num_ours++].isa = SRFPGA_SOFT_AVX512_VNNI;
}

static int add_ours(const char *path, struct results *r, struct subject *s)
{
	int n = 0;

	for (int i = 0; i < r->num_ours; i++) {
		struct ours *o = &r->ours[i];

		for (uint32_t t = 1; t <= 2; t++) {
			if (model_open(path, HEIGHT, WIDTH, t, o->isa, 1,
				       &o->model[t]))
				exit(1);
			s[n++] = (struct subject) { NULL, o, t, &o->model[t],
						    NULL, 0 };
		}
	}
	return n;
}

static void run_round(struct results *r, struct subject *s, int n)
{
	for (int i = 0; i < 2 * r->num_ours; i++) {
		struct ours *o = &r->ours[i / 2];
		double peak = measure_peak(o->isa, i % 2);

		if (peak > o->peak[i % 2])
			o->peak[i % 2] = peak;
	}
	for (int i = 0; i < n; i++)
		run_subject(&s[i]);
}

static void bench_lrsrn(const char *path, int rounds, struct results *r)
{
	struct subject s[MAX_SUBJECTS] = { 0 };
	int n = add_ours(path, r, s);

	n = add_peers(path, s[0].model, s, n);
	r->macs = graph_macs(soft_model_graph(s[0].model->soft));
	for (int i = 0; i < n; i++)
		s[i].best = 0;
	for (int round = 0; round < rounds; round++)
		run_round(r, s, n);
	for (int i = 0; i < n; i++) {
		double *fps = s[i].peer ? r->peer[index_of(s[i].peer)] :
					  s[i].ours->fps;

		fps[s[i].threads] = 1 / s[i].best;
		if (s[i].peer)
			s[i].peer->destroy(s[i].state);
		else
			model_close(s[i].model);
	}
}

/* --- memory and loading ------------------------------------------------- */

/* In a process of its own, which must be young: it starts with our peak. */
static void bench_memory(const char *path, FILE *json)
{
	double mib[2] = { 0 };
	int fd[2];
	pid_t pid;

	if (pipe(fd) || (pid = fork()) < 0)
		return;
	if (!pid) {
		struct rusage use;
		struct model m;

		if (model_open(path, HEIGHT, WIDTH, 2, SRFPGA_SOFT_AUTO, 1, &m) ||
		    srfpga_soft_run(m.soft, m.buffers, 1))
			_exit(1);
		getrusage(RUSAGE_SELF, &use);
		mib[0] = use.ru_maxrss / 1024.0;
		mib[1] = mib[0] - m.bytes / 1048576.0;
		_exit(write(fd[1], mib, sizeof(mib)) != sizeof(mib));
	}
	close(fd[1]);
	if (read(fd[0], mib, sizeof(mib)) != sizeof(mib))
		fprintf(stderr, "bench: no memory figures\n");
	close(fd[0]);
	waitpid(pid, NULL, 0);
	printf("memory, 2 threads: %.1f MiB at most, %.1f MiB of it not frames\n",
	       mib[0], mib[1]);
	fprintf(json, "  \"peak_rss_mib\": %.2f,\n  \"peak_rss_beyond_frames_mib\": %.2f,\n",
		mib[0], mib[1]);
}

static void bench_load(const char *path, int rounds, FILE *json)
{
	double best = 0;

	for (int i = 0; i < rounds; i++) {
		struct srfpga_soft_model *m;
		double t = now();

		if (model_load(path, HEIGHT, WIDTH, 1, SRFPGA_SOFT_AUTO, &m))
			exit(1);
		t = now() - t;
		srfpga_soft_free(m);
		if (!best || t < best)
			best = t;
	}
	printf("load: %.1f ms\n", best * 1e3);
	fprintf(json, "  \"lrsrn_load_ms\": %.2f,\n", best * 1e3);
}

/* --- small networks ----------------------------------------------------- */

static void bench_small(const char *name, const char *key, const char *path,
			uint32_t threads, uint32_t frames, int rounds,
			FILE *json)
{
	struct model m;
	double best = 0;

	if (access(path, R_OK)) {
		printf("%s: skipped: no %s\n", name, path);
		return;
	}
	if (model_open(path, 0, 0, threads, SRFPGA_SOFT_AUTO, frames, &m))
		exit(1);
	for (int i = 0; i < rounds * 20; i++) {
		double t = now();

		if (srfpga_soft_run(m.soft, m.buffers, frames))
			exit(1);
		t = now() - t;
		if (!best || t < best)
			best = t;
	}
	printf("%s, batch %u, %u thread%s: %.3f ms, %.1f frames/s, %.1f GMAC/s\n",
	       name, frames, threads, threads > 1 ? "s" : "", best * 1e3,
	       frames / best,
	       graph_macs(soft_model_graph(m.soft)) * frames / best * 1e-9);
	fprintf(json, "  \"%s_batch%u_%ut_ms\": %.4f,\n  \"%s_batch%u_%ut_fps\": %.2f,\n",
		key, frames, threads, best * 1e3, key, frames, threads,
		frames / best);
	model_close(&m);
}

static void bench_smalls(const char *data, int rounds, FILE *json)
{
	char espcn[4096], tfc[4096];

	snprintf(espcn, sizeof(espcn), "%s/espcn_nnresize_quant.onnx", data);
	snprintf(tfc, sizeof(tfc), "%s/TFC_2W2A.onnx", data);
	for (uint32_t t = 1; t <= 2; t++) {
		bench_small("ESPCN 128x128", "espcn", espcn, t, 1, rounds,
			    json);
		bench_small("ESPCN 128x128", "espcn", espcn, t, 8, 1, json);
		bench_small("TFC 2W2A", "tfc", tfc, t, 1, 10 * rounds, json);
		bench_small("TFC 2W2A", "tfc", tfc, t, 1000, rounds, json);
	}
}

/* bench_soft MODEL DATA-FOLDER JSON */
int main(int argc, char **argv)
{
	const char *set = getenv("SRFPGA_BENCH_ROUNDS");
	int rounds = set ? atoi(set) : 7;
	struct results r = { 0 };
	FILE *json;

	if (argc != 4 || rounds < 1) {
		fprintf(stderr, "usage: bench_soft MODEL DATA JSON\n");
		return 2;
	}
	json = fopen(argv[3], "w");
	if (!json) {
		perror(argv[3]);
		return 1;
	}
	fprintf(json, "{\n  \"isa\": \"%s\",\n",
		isa_name(soft_isa_best()));
	fflush(json);
	bench_memory(argv[1], json);
	bench_load(argv[1], rounds, json);
	choose_ours(&r);
	bench_lrsrn(argv[1], rounds, &r);
	report_lrsrn(&r, json);
	bench_smalls(argv[2], rounds, json);
	report_peers(&r, json);
	fprintf(json, "}\n");
	return fclose(json) != 0;
}
