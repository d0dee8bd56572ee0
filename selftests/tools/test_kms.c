// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which of several screens a display takes, and what it puts back: on a card
 * that is only tables, behind libdrm's calls. Must not know how frames move.
 */
#include <string.h>

#include "kms_private.h"
#include "test.h"

#define CRTCS		2
#define SCREENS		2
#define CRTC(n)		(30 + (uint32_t)(n))
#define SCREEN(n)	(10 + (uint32_t)(n))
#define ENCODER(n)	(20 + (uint32_t)(n))
#define PICTURE(n)	(40 + (uint32_t)(n))
#define PLANE(n)	(50 + (uint32_t)(n))
#define FRAME		99

/**
 * struct set_crtc - a call that was made
 * @crtc: which
 * @fb: picture
 * @screens: bit n for SCREEN(n)
 */
struct set_crtc {
	uint32_t crtc;
	uint32_t fb;
	uint32_t screens;
};

/* What feeds each screen, -1: nothing; what could, bit n for CRTC(n). */
static int fed_by[SCREENS];
static uint32_t may_feed[SCREENS];
static struct set_crtc calls[4];
static unsigned int num_calls;

static drmModeModeInfo mode = { .hdisplay = 640, .vdisplay = 480 };

int drmGetCap(int fd, uint64_t capability, uint64_t *value)
{
	*value = DRM_PRIME_CAP_IMPORT;
	return 0;
}

int drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
	return capability == DRM_CLIENT_CAP_ATOMIC ? -1 : 0;
}

drmModeResPtr drmModeGetResources(int fd)
{
	static uint32_t crtcs[CRTCS] = { CRTC(0), CRTC(1) };
	static uint32_t screens[SCREENS] = { SCREEN(0), SCREEN(1) };
	static drmModeRes res = {
		.crtcs = crtcs, .count_crtcs = CRTCS,
		.connectors = screens, .count_connectors = SCREENS,
	};

	return &res;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
	static drmModeConnector c[SCREENS];
	static uint32_t encoders[SCREENS] = { ENCODER(0), ENCODER(1) };
	const uint32_t n = id - SCREEN(0);

	c[n] = (drmModeConnector){
		.connector_id = id, .connection = DRM_MODE_CONNECTED,
		.modes = &mode, .count_modes = 1,
		.encoders = &encoders[n], .count_encoders = 1,
		.encoder_id = fed_by[n] < 0 ? 0 : encoders[n],
	};
	return &c[n];
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id)
{
	return drmModeGetConnector(fd, id);
}

drmModeEncoderPtr drmModeGetEncoder(int fd, uint32_t id)
{
	static drmModeEncoder e[SCREENS];
	const uint32_t n = id - ENCODER(0);

	e[n] = (drmModeEncoder){
		.encoder_id = id, .possible_crtcs = may_feed[n],
		.crtc_id = fed_by[n] < 0 ? 0 : CRTC(fed_by[n]),
	};
	return &e[n];
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd)
{
	static uint32_t planes[CRTCS] = { PLANE(0), PLANE(1) };
	static drmModePlaneRes res = { .planes = planes, .count_planes = CRTCS };

	return &res;
}

drmModePlanePtr drmModeGetPlane(int fd, uint32_t id)
{
	static drmModePlane plane;

	plane = (drmModePlane){
		.plane_id = id, .possible_crtcs = 1u << (id - PLANE(0)),
	};
	return &plane;
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object,
						      uint32_t type)
{
	static uint32_t id = 1;
	static uint64_t value = DRM_PLANE_TYPE_PRIMARY;
	static drmModeObjectProperties props = {
		.props = &id, .prop_values = &value, .count_props = 1,
	};

	return &props;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id)
{
	static drmModePropertyRes type = { .prop_id = 1, .name = "type" };

	return &type;
}

static bool is_fed(uint32_t crtc)
{
	return fed_by[0] == (int)(crtc - CRTC(0)) ||
		fed_by[1] == (int)(crtc - CRTC(0));
}

drmModeCrtcPtr drmModeGetCrtc(int fd, uint32_t id)
{
	static drmModeCrtc crtc;

	crtc = (drmModeCrtc){
		.crtc_id = id, .mode_valid = is_fed(id),
		.buffer_id = is_fed(id) ? PICTURE(id - CRTC(0)) : 0,
	};
	return &crtc;
}

int drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y,
		   uint32_t *screens, int count, drmModeModeInfoPtr m)
{
	struct set_crtc *call = &calls[num_calls++ % 4];

	*call = (struct set_crtc){ .crtc = crtc, .fb = fb };
	for (int i = 0; i < count; i++)
		call->screens |= 1u << (screens[i] - SCREEN(0));
	return 0;
}

int drmModePageFlip(int fd, uint32_t crtc, uint32_t fb, uint32_t flags,
		    void *data)
{
	return 0;
}

int drmHandleEvent(int fd, drmEventContextPtr context)
{
	return 0;
}

void drmModeFreeResources(drmModeResPtr ptr)
{
}

void drmModeFreeConnector(drmModeConnectorPtr ptr)
{
}

void drmModeFreeEncoder(drmModeEncoderPtr ptr)
{
}

void drmModeFreePlaneResources(drmModePlaneResPtr ptr)
{
}

void drmModeFreePlane(drmModePlanePtr ptr)
{
}

void drmModeFreeObjectProperties(drmModeObjectPropertiesPtr ptr)
{
}

void drmModeFreeProperty(drmModePropertyPtr ptr)
{
}

void drmModeFreeCrtc(drmModeCrtcPtr ptr)
{
}

/* Shows a frame, and gives the screen back. */
static void show_and_close(int first, int second)
{
	struct kms *kms;

	fed_by[0] = first;
	fed_by[1] = second;
	num_calls = 0;
	memset(calls, 0, sizeof(calls));
	if (!CHECK_EQ(kms_open("/dev/null", 640, 480, false, &kms), 0))
		return;
	CHECK_EQ(kms_show(kms, FRAME, -1, 0), 0);
	kms_close(kms);
	CHECK_EQ(num_calls, 2);
	CHECK_EQ(calls[0].fb, FRAME);
	CHECK_EQ(calls[1].crtc, calls[0].crtc);
}

static void may_all(void)
{
	may_feed[0] = may_feed[1] = 3;
}

/* The console of the first screen comes from the second CRTC. */
static void test_crossed(void)
{
	may_all();
	show_and_close(1, 0);
	CHECK_EQ(calls[0].crtc, CRTC(1));
	CHECK_EQ(calls[0].screens, 1);
	CHECK_EQ(calls[1].fb, PICTURE(1));
	CHECK_EQ(calls[1].screens, 1);
}

/* A dark screen leaves the lit one alone and is dark again afterwards. */
static void test_dark(void)
{
	may_all();
	show_and_close(-1, 0);
	CHECK_EQ(calls[0].crtc, CRTC(1));
	CHECK_EQ(calls[0].screens, 1);
	CHECK_EQ(calls[1].fb, 0);
	CHECK_EQ(calls[1].screens, 0);
}

/* All that could feed the dark screen is in use: the lit one is taken. */
static void test_no_free_crtc(void)
{
	may_feed[0] = 1;
	may_feed[1] = 3;
	show_and_close(-1, 0);
	CHECK_EQ(calls[0].crtc, CRTC(0));
	CHECK_EQ(calls[0].screens, 2);
	CHECK_EQ(calls[1].fb, PICTURE(0));
	CHECK_EQ(calls[1].screens, 2);
}

/* Two screens with one picture have it again afterwards, both. */
static void test_clones(void)
{
	may_all();
	show_and_close(0, 0);
	CHECK_EQ(calls[0].crtc, CRTC(0));
	CHECK_EQ(calls[1].fb, PICTURE(0));
	CHECK_EQ(calls[1].screens, 3);
}

static void test_all_dark(void)
{
	may_feed[0] = 2;
	may_feed[1] = 3;
	show_and_close(-1, -1);
	CHECK_EQ(calls[0].crtc, CRTC(1));
	CHECK_EQ(calls[0].screens, 1);
	CHECK_EQ(calls[1].fb, 0);
}

static const struct test tests[] = {
	{ "the screen's own CRTC is taken", test_crossed },
	{ "a dark screen takes a free CRTC", test_dark },
	{ "a CRTC of another screen is not taken", test_no_free_crtc },
	{ "screens that shared a picture share it again", test_clones },
	{ "the first dark screen is lit, and dark again", test_all_dark },
};

TEST_MAIN(tests)
