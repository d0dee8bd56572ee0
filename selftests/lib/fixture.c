// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A device with everything to run a job. Aborts where it cannot be made: every
 * test would be meaningless.
 */
#include <stdlib.h>

#include "fixture.h"

int fake_device_open(struct srfpga_soft_model *model,
		     struct srfpga_device **out)
{
	const struct error_text err = { 0 };
	struct backend backend;
	int ret;

	ret = soft_backend_create(&fake_api, NULL, model, "dir/fake.onnx",
				  &backend, &err);
	return ret ? ret : device_open_backend(backend, "soft:dir/fake.onnx",
					       out, &err);
}

static void must(int ret)
{
	if (ret)
		abort();
}

void fixture_open(struct fixture *f)
{
	void *addr;

	f->model = fake_model_create(64);
	must(fake_device_open(f->model, &f->dev));
	must(srfpga_buffer_alloc(f->dev, FIXTURE_BYTES, SRFPGA_ATTACH_READ,
				 &f->in));
	must(srfpga_buffer_alloc(f->dev, FIXTURE_BYTES, SRFPGA_ATTACH_WRITE,
				 &f->out));
	must(srfpga_buffer_map(f->in, &addr));
	f->in_addr = addr;
	must(srfpga_buffer_map(f->out, &addr));
	f->out_addr = addr;
	must(srfpga_submission_create(f->dev, 1, &f->sub));
	must(srfpga_submission_set_buffer(f->sub, 0, 0, f->in, 0, 0));
	must(srfpga_submission_set_buffer(f->sub, 0, 1, f->out, 0, 0));
}

void fixture_close(struct fixture *f)
{
	srfpga_submission_free(f->sub);
	srfpga_buffer_free(f->in);
	srfpga_buffer_free(f->out);
	srfpga_device_close(f->dev);
}
