/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/lab.h"
#include "base/loop.h"
#include "base/status.h"
#include "vq/internal.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES_EACH_PATIENCE 8

static void kernel_free(void *data)
{
	struct vq_kernel *kernel = data;

	vq_drivers_free(kernel->drivers);
	g_free(kernel->file);
	g_free(kernel->trouble);
	g_free(kernel);
}

static void add_kernel(struct vq *vq, char *file)
{
	struct vq_kernel *kernel = g_new0(struct vq_kernel, 1);

	kernel->file = file;
	g_ptr_array_add(vq->kernels, kernel);
}

/* Those that a guest of the lab may run: which one it is, their build ids tell. */
static void find_kernels(struct vq *vq)
{
	g_autoptr(GError) ignored = NULL;
	struct lab *lab = vq->choice.vmlinux ? NULL : lab_find(&ignored);
	g_autofree char *folder = NULL;
	g_autofree char *debug = NULL;

	vq->kernels = g_ptr_array_new_with_free_func(kernel_free);
	if (!lab) {
		add_kernel(vq, g_strdup(vq->choice.vmlinux ? vq->choice.vmlinux : "vmlinux.debug"));
		return;
	}
	add_kernel(vq, g_strdup(lab->parts[LAB_VMLINUX_DEBUG]));
	folder = g_path_get_dirname(lab->parts[LAB_VMLINUX_DEBUG]);
	debug = g_build_filename(folder, "debug", "vmlinux.debug", NULL);
	if (g_file_test(debug, G_FILE_TEST_EXISTS))
		add_kernel(vq, g_steal_pointer(&debug));
	lab_free(lab);
}

static struct vq_kernel *kernel_of(const struct vq *vq)
{
	struct vq_kernel *kernel = g_ptr_array_index(vq->kernels, vq->kernel);

	if (!kernel->drivers && !kernel->trouble)
		kernel->drivers = vq_drivers_new(kernel->file, &kernel->trouble);
	return kernel;
}

/* Tries the kernels in turn, from the one that it was last time. */
static struct vq_sample *take(struct vq *vq, GError **error)
{
	struct vq_sample *sample = NULL;

	for (guint i = 0; i < vq->kernels->len; i++) {
		const struct vq_kernel *kernel = kernel_of(vq);

		vq_sample_free(sample);
		sample = vq_sample_take(vq->qmp, kernel->drivers, error);
		if (!sample || (kernel->drivers && !sample->driver_trouble))
			break;
		vq->kernel = (vq->kernel + 1) % vq->kernels->len;
	}
	if (sample && !kernel_of(vq)->drivers) {
		g_free(sample->driver_trouble);
		sample->driver_trouble = g_strdup(kernel_of(vq)->trouble);
	}
	return sample;
}

struct vq *vq_new(struct qmp *qmp, const struct vq_choice *choice)
{
	struct vq *vq = g_new0(struct vq, 1);

	vq->qmp = qmp;
	vq->choice = *choice;
	vq->watch = vq_watch_new();
	find_kernels(vq);
	return vq;
}

static void log_clear(struct vq_log *said)
{
	g_free(said->console);
	g_free(said->kernel);
	g_free(said->qemu);
}

void vq_free(struct vq *vq)
{
	if (!vq)
		return;
	g_ptr_array_unref(vq->kernels);
	vq_watch_free(vq->watch);
	vq_sample_free(vq->sample);
	log_clear(&vq->said);
	g_free(vq);
}

static bool shows_device(const struct vq *vq, const struct vq_device *device)
{
	const char *wanted = vq->choice.device;

	return !wanted || g_str_equal(wanted, device->path) || g_str_equal(wanted, device->name) ||
	       g_strcmp0(wanted, device->id) == 0;
}

static bool shows_queue(const struct vq *vq, const struct vq_queue *queue)
{
	return vq->choice.queue < 0 || (unsigned)vq->choice.queue == queue->index;
}

/* "hello0, virtio-rng": what could have been asked for */
static char *device_names(const struct vq_sample *sample)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(sample->devices, i);

		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       device->id ? device->id : device->name);
	}
	return g_string_free(names, FALSE);
}

static bool check_choice(struct vq *vq, GError **error)
{
	g_autofree char *names = NULL;
	bool found = false;

	for (guint i = 0; i < vq->sample->devices->len; i++)
		found |= shows_device(vq, g_ptr_array_index(vq->sample->devices, i));
	if (found || !vq->choice.device)
		return true;
	names = device_names(vq->sample);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "the VM has no virtio device '%s'; it has: %s", vq->choice.device, names);
	return false;
}

static void count(struct vq *vq, const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++)
		vq->counts[((struct vq_finding *)g_ptr_array_index(findings, i))->grade]++;
}

static void judge_queue(struct vq *vq, const struct vq_device *device, struct vq_queue *queue)
{
	struct vq_still still = vq_watch_still(vq->watch, device, queue);

	g_clear_pointer(&queue->findings, g_ptr_array_unref);
	queue->findings = vq_judge_queue(device, queue, &still, vq->choice.patience);
	count(vq, queue->findings);
}

static void judge_device(struct vq *vq, struct vq_device *device)
{
	g_clear_pointer(&device->findings, g_ptr_array_unref);
	device->findings = vq_judge_device(device, &vq->said, vq_watch_reset(vq->watch, device),
					   vq->choice.patience);
	count(vq, device->findings);
	for (guint i = 0; i < device->queues->len; i++)
		if (shows_queue(vq, g_ptr_array_index(device->queues, i)))
			judge_queue(vq, device, g_ptr_array_index(device->queues, i));
}

/* What is not asked for stays without findings: it is neither shown nor counted. */
static void judge(struct vq *vq)
{
	memset(vq->counts, 0, sizeof(vq->counts));
	for (guint i = 0; vq->sample && i < vq->sample->devices->len; i++)
		if (shows_device(vq, g_ptr_array_index(vq->sample->devices, i)))
			judge_device(vq, g_ptr_array_index(vq->sample->devices, i));
}

bool vq_look(struct vq *vq, GError **error)
{
	struct vq_sample *sample = take(vq, error);

	if (!sample)
		return false;
	vq_sample_free(vq->sample);
	vq->sample = sample;
	vq_watch_add(vq->watch, sample);
	judge(vq);
	return check_choice(vq, error);
}

static bool is_suspicious(const struct vq *vq)
{
	for (guint i = 0; i < vq->sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(vq->sample->devices, i);

		if (device->findings && device->orphans)
			return true;
		for (guint j = 0; j < device->queues->len; j++) {
			const struct vq_queue *queue = g_ptr_array_index(device->queues, j);

			if (queue->findings && vq_is_suspicious(device, queue))
				return true;
		}
	}
	return false;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

/*
 * What was missed or moved in the first look has had its time, too. A device
 * that may only be slow has longer, unless something else is wrong.
 */
static bool is_settled(struct vq *vq, gint64 begin)
{
	double watched = (double)(vq->sample->time - begin) / G_USEC_PER_SEC;
	double patience = vq->choice.patience;

	if (vq->sample->halted || !is_suspicious(vq))
		return true;
	if (watched < patience)
		return false;
	if (vq->counts[VQ_WAITS] && watched < patience * (VQ_DEVICE_TIME + 0.5))
		return false;
	return watched >= patience * 1.5 || vq->counts[VQ_WRONG];
}

bool vq_settle(struct vq *vq, GError **error)
{
	double pause = vq->choice.patience / SAMPLES_EACH_PATIENCE;
	gint64 begin;

	if (!vq_look(vq, error))
		return false;
	begin = vq->sample->time;
	while (!is_settled(vq, begin)) {
		enum loop_end end = loop_until(never, NULL, loop_deadline(pause));

		if (end == LOOP_SIGNAL) {
			loop_explain(end, "nothing moved", error);
			return false;
		}
		if (!vq_look(vq, error))
			return false;
	}
	return true;
}

int vq_status(struct vq *vq)
{
	const struct run_state *stands = vq->sample->stands;

	if (vq_count(vq, VQ_WRONG))
		return EXIT_FAILURE;
	if (stands)
		return stands->kind == RUN_STOPPED ? (int)stands->status : EXIT_SUCCESS;
	return vq->sample->halted ? STATUS_PANIC : EXIT_SUCCESS;
}

void vq_hear(struct vq *vq, const struct vq_log *said)
{
	log_clear(&vq->said);
	vq->said = (struct vq_log){
		.console = g_strdup(said->console),
		.kernel = g_strdup(said->kernel),
		.qemu = g_strdup(said->qemu),
	};
	judge(vq);
}

unsigned vq_count(const struct vq *vq, enum vq_grade grade)
{
	return vq->counts[grade];
}
