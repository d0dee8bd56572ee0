// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's ioctls: an argument that is valid, then spoilt as the call says,
 * laid where the call says. What comes back is looked at. Must not know what
 * programs are interesting.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fuzz.h"

#define PAGE		4096u
#define MAX_ARG		256u	/* the longest struct, and a tail */
#define MAX_JOBS	4u
#define NS_PER_US	1000ull

/** enum fuzz_where - where an argument lies */
enum fuzz_where {
	WHERE_OWN,
	WHERE_SHARED,		/* another thread may scribble on it */
	WHERE_END,		/* its last byte is the last of the page */
	WHERE_BEYOND,		/* part of it is beyond that */
	WHERE_ODD,
	WHERE_READ_ONLY,
	WHERE_NULL,
	WHERE_KERNEL,
};

/** enum fuzz_how - what is done to a valid argument; above: nothing */
enum fuzz_how {
	HOW_NOTHING,
	HOW_SET,
	HOW_SET64,
	HOW_FLIP,
	HOW_MORE,
	HOW_LESS,
	HOW_ONES,
	HOW_SIZE,
	HOW_LONGER,		/* from the future, and nothing in it */
	HOW_LONGER_DIRTY,
	HOW_JOBS,		/* an entry of the arrays behind the struct */
	HOW_BUFFERS,
	NUM_HOWS
};

/** struct arrays - what a submission points to */
struct arrays {
	struct srfpga_job job[MAX_JOBS];
	struct srfpga_job_buffer buf[MAX_JOBS][SRFPGA_MAX_PORTS];
};

uint8_t *ioctl_arena(void)
{
	uint8_t *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	/* arguments, arrays, nothing, read only */
	if (mprotect(at + 2 * PAGE, PAGE, PROT_NONE) ||
	    mprotect(at + 3 * PAGE, PAGE, PROT_READ))
		return NULL;
	return at;
}

static void *place(struct fuzz_thread *t, const struct fuzz_call *c,
		   const void *arg, size_t size)
{
	uint8_t *page = t->arena;
	void *at;

	switch (c->where % 8) {
	case WHERE_SHARED:
		at = t->world->arena;
		break;
	case WHERE_END:
		at = page + 2 * PAGE - size;
		break;
	case WHERE_BEYOND:
		at = page + 2 * PAGE - c->field % size;
		return memcpy(at, arg, c->field % size);
	case WHERE_ODD:
		at = page + 1 + c->field % 7;
		break;
	case WHERE_READ_ONLY:
		return page + 3 * PAGE;
	case WHERE_NULL:
		return (void *)(uintptr_t)(c->field % 2 * 16);
	case WHERE_KERNEL:
		return (void *)(uintptr_t)(-(uint64_t)PAGE * (1 + c->field));
	default:
		at = page;
	}
	return memcpy(at, arg, size);
}

/** Change one word of @size bytes. */
static void spoil_word(void *arg, size_t size, const struct fuzz_call *c)
{
	uint32_t *word = (uint32_t *)arg + c->field % (size / 4);

	switch (c->how % 16) {
	case HOW_SET64:
		if (c->field % (size / 4) + 2 <= size / 4) {
			memcpy(word, &c->value, sizeof(c->value));
			break;
		}
		/* fall through */
	case HOW_SET:
		*word = c->value;
		break;
	case HOW_FLIP:
		*word ^= 1u << c->value % 32;
		break;
	case HOW_MORE:
		*word += 1 + c->value % 8;
		break;
	case HOW_LESS:
		*word -= 1 + c->value % 8;
		break;
	default:
		*word = UINT32_MAX;
	}
}

/** Spoil a struct of @size bytes in room for MAX_ARG: the bytes that it has. */
static size_t spoil(uint8_t *arg, size_t size, const struct fuzz_call *c)
{
	uint32_t claimed = c->value;

	switch (c->how % 16) {
	case HOW_SET ... HOW_ONES:
		spoil_word(arg, size, c);
		return size;
	case HOW_SIZE:
		memcpy(arg, &claimed, sizeof(claimed));
		return size;
	case HOW_LONGER:
	case HOW_LONGER_DIRTY:
		claimed = size + 8 * (1 + c->field % 8);
		memcpy(arg, &claimed, sizeof(claimed));
		arg[claimed - 1 - c->value % 8] = c->how % 16 == HOW_LONGER_DIRTY;
		return claimed;
	default:
		return size;
	}
}

static uint32_t handle_of(const struct fuzz_world *w, const struct fuzz_call *c,
			  unsigned int slot)
{
	return w->handle[c->file % WORLD_FILES][slot % WORLD_BUFS];
}

static void fill_jobs(struct fuzz_thread *t, const struct fuzz_call *c,
		      struct arrays *a, unsigned int jobs)
{
	const struct fuzz_world *w = t->world;
	unsigned int j, p;

	for (j = 0; j < jobs; j++) {
		a->job[j].buffers = (uintptr_t)a->buf[j];
		a->job[j].num_buffers = w->ports;
		a->job[j].frames = 1 + (c->value >> 8) % WORLD_FRAMES;
		for (p = 0; p < w->ports; p++) {
			struct srfpga_job_buffer *b = &a->buf[j][p];

			memset(b, 0, sizeof(*b));
			b->handle = handle_of(w, c, p + (p ? c->slot[1] : 0));
			b->length = w->frame_bytes[p] * a->job[j].frames;
		}
	}
	if (c->how % 16 == HOW_JOBS)
		spoil_word(&a->job[c->slot[1] % jobs], sizeof(a->job[0]), c);
	if (c->how % 16 == HOW_BUFFERS)
		spoil_word(&a->buf[c->slot[1] % jobs][c->value % w->ports],
			   sizeof(a->buf[0][0]), c);
}

static void fill_submit(struct fuzz_thread *t, const struct fuzz_call *c,
			struct srfpga_submit *sub)
{
	static const uint64_t limit_us[] = { 0, 200000, 1000000, 20000, 1 };
	const struct fuzz_world *w = t->world;
	struct arrays *a = (void *)(t->arena + PAGE);
	uint64_t v = c->value;

	sub->num_jobs = v & 3 ? 1 : 1 + (v >> 2) % MAX_JOBS;
	fill_jobs(t, c, a, sub->num_jobs);
	sub->jobs = (uintptr_t)a->job;
	sub->job_size = sizeof(a->job[0]);
	sub->buffer_size = sizeof(a->buf[0][0]);
	sub->flags = c->slot[0] & (SRFPGA_SUBMIT_OUT_FENCE |
				   SRFPGA_SUBMIT_NO_EVENT);
	if (c->slot[0] & 8) {
		sub->flags |= SRFPGA_SUBMIT_IN_FENCE;
		sub->in_fence_fd = w->fence[c->slot[1] % WORLD_FENCES];
	}
	sub->priority = (int)(v >> 16) % 3 - 1;
	sub->timeout_ns = limit_us[v % 97 % 5] * NS_PER_US;
	sub->user_data = v;
}

/** A valid argument: its size. */
static size_t fill(struct fuzz_thread *t, const struct fuzz_call *c, void *arg)
{
	const struct fuzz_world *w = t->world;
	struct srfpga_attach *attach = arg;
	struct srfpga_alloc *alloc = arg;

	switch (c->op) {
	case OP_GET_INFO:
		return sizeof(struct srfpga_get_info);
	case OP_GET_PORT:
		((struct srfpga_get_port *)arg)->index = c->value % (w->ports + 1);
		return sizeof(struct srfpga_get_port);
	case OP_ALLOC:
		/* more than a page comes from CMA, and that is slow */
		alloc->bytes = c->value % (c->slot[1] ? 4096 : 1 << 18);
		return sizeof(*alloc);
	case OP_ATTACH:
		attach->fd = w->buf[c->slot[0] % WORLD_BUFS];
		attach->direction = c->slot[1] ? 1 + c->slot[1] % 3 :
			w->direction[c->slot[0] % WORLD_BUFS % w->ports];
		return sizeof(*attach);
	case OP_DETACH:
		((struct srfpga_detach *)arg)->handle =
			handle_of(w, c, c->slot[0]);
		return sizeof(struct srfpga_detach);
	default:
		fill_submit(t, c, arg);
		return sizeof(struct srfpga_submit);
	}
}

static int wrong(struct fuzz_thread *t, const struct fuzz_call *c,
		 const char *what)
{
	printf("# %s: %s (where %u how %u field %u value %#llx)\n",
	       fuzz_op_name(c->op), what, c->where % 8, c->how % 16, c->field,
	       (unsigned long long)c->value);
	__atomic_add_fetch(&t->count->wrong, 1, __ATOMIC_RELAXED);
	return 0;
}

/* What came back goes to the slots; memory in common proves nothing. */
static void take_result(struct fuzz_thread *t, const struct fuzz_call *c,
			const void *arg)
{
	struct fuzz_world *w = t->world;
	const struct srfpga_get_info *info = arg;
	const struct srfpga_get_port *port = arg;
	const struct srfpga_attach *attach = arg;
	const struct srfpga_alloc *alloc = arg;
	const struct srfpga_submit *sub = arg;
	bool mine = c->where % 8 != WHERE_SHARED;

	switch (c->op) {
	case OP_GET_INFO:
		if (mine && (info->size != sizeof(*info) || info->pad ||
			     info->abi_version != SRFPGA_ABI_VERSION))
			wrong(t, c, "not what it was");
		break;
	case OP_GET_PORT:
		if (mine && (port->size != sizeof(*port) || port->pad ||
			     port->index >= w->ports))
			wrong(t, c, "not what it was");
		break;
	case OP_ALLOC:
		if (mine)
			world_put(&w->buf[c->slot[0] % WORLD_BUFS], alloc->fd);
		break;
	case OP_ATTACH:
		if (mine && (!attach->handle || !attach->bytes))
			wrong(t, c, "no handle or no length");
		w->handle[c->file % WORLD_FILES][c->slot[0] % WORLD_BUFS] =
			attach->handle;
		break;
	case OP_SUBMIT:
		if (mine && sub->flags & SRFPGA_SUBMIT_OUT_FENCE)
			world_put(&w->fence[c->slot[0] % WORLD_FENCES],
				  sub->out_fence_fd);
		break;
	}
}

static const unsigned long request[] = {
	[OP_GET_INFO] = SRFPGA_IOC_GET_INFO,
	[OP_GET_PORT] = SRFPGA_IOC_GET_PORT,
	[OP_ALLOC] = SRFPGA_IOC_ALLOC,
	[OP_ATTACH] = SRFPGA_IOC_ATTACH,
	[OP_DETACH] = SRFPGA_IOC_DETACH,
	[OP_SUBMIT] = SRFPGA_IOC_SUBMIT,
};

int ioctl_run(struct fuzz_thread *t, const struct fuzz_call *c)
{
	_Alignas(8) uint8_t arg[MAX_ARG] = { 0 };
	uint32_t size = fill(t, c, arg);
	void *at;

	memcpy(arg, &size, sizeof(size));
	at = place(t, c, arg, spoil(arg, size, c));
	if (ioctl(t->world->file[c->file % WORLD_FILES], request[c->op], at))
		return -errno;
	take_result(t, c, at);
	return 0;
}
