/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/guest.h"
#include "base/host-file.h"
#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ENTROPY_BYTES 64

void guest_wait_failed(struct vm *vm, enum loop_end end, const char *what, GError **error)
{
	const struct run_state *stands = vm_stands(vm);
	g_autoptr(GError) cause = NULL;

	loop_explain(end, what, &cause);
	if (end == LOOP_LATE && stands)
		g_set_error(error, STATUS_ERROR, cause->code, "%s; %s", cause->message,
			    stands->text);
	else
		g_propagate_error(error, g_steal_pointer(&cause));
}

void guest_lost(struct vm *vm, const char *what, GError *cause, GError **error)
{
	/* Nonsense is reason enough; silence may have a better one. */
	bool spoke = cause && !agent_has_ended(vm_agent(vm));

	if (!spoke &&
	    (vm_explain_stop(vm, error) || vm_explain_end(vm, what, STATUS_AGENT_LOST, error)))
		g_clear_error(&cause);
	else if (cause)
		g_propagate_error(error, cause);
	else
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent went away before %s", what);
}

struct wait {
	struct vm *vm;
	struct frame *frame;
	enum frame_result result;
	GError *error;
};

static bool has_frame(void *data)
{
	struct wait *wait = data;

	wait->result = vm_next_frame(wait->vm, wait->frame, &wait->error);
	return wait->result != FRAME_NONE || vm_agent_is_gone(wait->vm) || vm_is_stopped(wait->vm);
}

static bool finish_wait(struct wait *wait, enum loop_end end, const char *what, GError **error)
{
	if (end != LOOP_DONE)
		guest_wait_failed(wait->vm, end, what, error);
	else if (wait->result != FRAME_WHOLE)
		guest_lost(wait->vm, what, wait->error, error);
	return end == LOOP_DONE && wait->result == FRAME_WHOLE;
}

bool guest_next_frame(struct vm *vm, const char *what, struct frame *frame, gint64 deadline,
		      GError **error)
{
	struct wait wait = {.vm = vm, .frame = frame};

	return finish_wait(&wait, loop_until(has_frame, &wait, deadline), what, error);
}

static bool check_ready(const struct frame *frame, GError **error)
{
	guint32 version = 0;

	if (frame->len > sizeof(version))
		memcpy(&version, frame->payload, sizeof(version));
	version = GUINT32_FROM_LE(version);
	if (version == KC_PROTOCOL_VERSION)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
		    "the guest's agent speaks version %u of the protocol, kc speaks %u; "
		    "'make rootfs' builds the agent that fits",
		    version, KC_PROTOCOL_VERSION);
	return false;
}

static bool is_ready(const struct frame *frame, GError **error)
{
	if (frame->type == KC_READY)
		return check_ready(frame, error);
	g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
		    "the guest's agent began with %s instead of READY", frame_name(frame->type));
	return false;
}

/* The agent's last words, where it has no other way to say them. */
static const char *missing_driver(struct vm *vm)
{
	const char *line = console_find_ended(vm_console(vm), KC_NO_DRIVER);

	return line ? strstr(line, KC_NO_DRIVER) + strlen(KC_NO_DRIVER) : NULL;
}

static bool is_up_or_cannot_be(void *data)
{
	struct wait *wait = data;

	return has_frame(wait) || missing_driver(wait->vm);
}

bool guest_wait_ready(struct vm *vm, double seconds, gint64 deadline, GError **error)
{
	gint64 limit = MIN(loop_deadline(seconds), deadline);
	g_autoptr(GError) cause = NULL;
	struct frame frame;
	struct wait wait = {.vm = vm, .frame = &frame};
	enum loop_end end = loop_until(is_up_or_cannot_be, &wait, limit);
	g_autofree char *option = NULL;

	if (end == LOOP_DONE && wait.result == FRAME_NONE && missing_driver(vm)) {
		option = quote_printable(missing_driver(vm));
		g_set_error(error, STATUS_ERROR, STATUS_NEVER_BOOTED,
			    "the guest came up, but its kernel has no driver for kc's port: %s is "
			    "missing",
			    option);
		return false;
	}
	if (finish_wait(&wait, end, "the guest came up", &cause))
		return is_ready(&frame, error);
	if (g_error_matches(cause, STATUS_ERROR, STATUS_HANG) && limit < deadline)
		g_set_error(error, STATUS_ERROR, STATUS_NEVER_BOOTED,
			    "the guest did not come up within %g s; %s", seconds,
			    vm_stands(vm) ? vm_stands(vm)->text : "--boot-timeout gives it more");
	else if (g_error_matches(cause, STATUS_ERROR, STATUS_AGENT_LOST))
		g_set_error_literal(error, STATUS_ERROR, STATUS_NEVER_BOOTED, cause->message);
	else
		g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

bool guest_refused(const struct frame *frame, const char *request, GError **error)
{
	const char *text = frame->type == KC_ERROR ? frame_text(frame, error) : NULL;

	if (text) {
		g_autofree char *printable = quote_printable(text);

		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "the guest refused %s: %s",
			    request, printable);
	} else if (frame->type != KC_ERROR) {
		g_set_error(error, STATUS_ERROR, STATUS_AGENT_LOST,
			    "the guest's agent answered %s with %s", request,
			    frame_name(frame->type));
	}
	return false;
}

/* The agent opens with READY and says it once more to our HELLO. */
static bool skip_ready(struct vm *vm, struct frame *frame, gint64 deadline, GError **error)
{
	do {
		if (!guest_next_frame(vm, "it was set up", frame, deadline, error))
			return false;
	} while (frame->type == KC_READY);
	return true;
}

bool guest_setup(struct vm *vm, gint64 deadline, GError **error)
{
	struct {
		struct kc_setup setup;
		guint8 entropy[ENTROPY_BYTES];
	} message = {0};
	struct timespec now;
	struct frame frame;

	if (getrandom(message.entropy, ENTROPY_BYTES, 0) != ENTROPY_BYTES) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "no entropy: %s",
			    g_strerror(errno));
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	message.setup.sec = GINT64_TO_LE((gint64)now.tv_sec);
	message.setup.nsec = GUINT32_TO_LE((guint32)now.tv_nsec);
	g_snprintf(message.setup.hostname, sizeof(message.setup.hostname), "lab-%06x",
		   g_random_int() >> 8);
	for (int i = 0; i < 4; i++)
		g_snprintf(message.setup.machine_id + 8 * i, 9, "%08x", g_random_int());
	agent_send(vm_agent(vm), KC_SETUP, &message, sizeof(message));
	if (!skip_ready(vm, &frame, deadline, error))
		return false;
	if (frame.type != KC_OK)
		return guest_refused(&frame, "SETUP", error);
	return true;
}

struct put {
	struct wait wait;
	int fd;
	bool sent;
	int error; /* errno of the host's file */
};

static void send_some(struct put *put)
{
	struct agent *agent = vm_agent(put->wait.vm);
	char data[KC_FRAME_MAX];

	while (!put->sent && agent_unsent(agent) == 0) {
		ssize_t n = read(put->fd, data, sizeof(data));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			put->error = errno;
		else if (n > 0)
			agent_send(agent, KC_DATA, data, n);
		else
			agent_send(agent, KC_EOF, NULL, 0);
		put->sent = n <= 0;
	}
}

static bool put_step(void *data)
{
	struct put *put = data;

	send_some(put);
	return put->error || has_frame(&put->wait);
}

static int open_regular(const char *path, guint32 *mode, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*mode = st.st_mode & 07777;
		return fd;
	}
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot read '%s': %s", path,
		    fd < 0 ? g_strerror(errno) : "it is not a regular file");
	if (fd >= 0)
		close(fd);
	return -1;
}

static void request_put(struct vm *vm, guint32 mode, const char *path)
{
	g_autoptr(GByteArray) request = g_byte_array_new();
	guint32 wire = GUINT32_TO_LE(mode);

	g_byte_array_append(request, (const guint8 *)&wire, sizeof(wire));
	g_byte_array_append(request, (const guint8 *)path, strlen(path) + 1);
	agent_send(vm_agent(vm), KC_PUT, request->data, request->len);
}

bool guest_put(struct vm *vm, const char *host, const char *guest, gint64 deadline, GError **error)
{
	struct frame frame;
	struct put put = {.wait = {.vm = vm, .frame = &frame}};
	enum loop_end end;
	guint32 mode;

	put.fd = open_regular(host, &mode, error);
	if (put.fd < 0)
		return false;
	request_put(vm, mode, guest);
	end = loop_until(put_step, &put, deadline);
	close(put.fd);
	if (put.error) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot read '%s': %s", host,
			    g_strerror(put.error));
		return false;
	}
	return finish_wait(&put.wait, end, "the files were put", error) &&
	       (frame.type == KC_OK || guest_refused(&frame, host, error));
}

/* A command that was given up may still speak, or end, meanwhile. */
static bool is_of_command(const struct frame *frame)
{
	return frame->type == KC_STDOUT || frame->type == KC_STDERR ||
	       frame->type == KC_STDIN_ACK || frame->type == KC_EXIT;
}

/* All of it comes, whether the host can write it or not: what follows is another file's. */
static bool get_into(struct vm *vm, struct host_file *file, gint64 deadline, GError **error)
{
	g_autoptr(GError) unwritten = NULL;
	struct frame frame;

	for (;;) {
		if (!guest_next_frame(vm, "the files were fetched", &frame, deadline, error))
			return false;
		if (frame.type == KC_EOF)
			break;
		if (frame.type == KC_DATA && !unwritten)
			host_file_write(file, frame.payload, frame.len, &unwritten);
		else if (frame.type != KC_DATA && !is_of_command(&frame))
			return guest_refused(&frame, "a file", error);
	}
	if (!unwritten)
		return host_file_commit(file, error);
	g_propagate_error(error, g_steal_pointer(&unwritten));
	return false;
}

bool guest_get(struct vm *vm, const char *guest, const char *host, gint64 deadline, GError **error)
{
	struct host_file *file = host_file_new(host, error);
	bool done;

	if (!file)
		return false;
	agent_send(vm_agent(vm), KC_GET, guest, strlen(guest) + 1);
	done = get_into(vm, file, deadline, error);
	host_file_free(file);
	return done;
}

static bool has_ended(void *vm)
{
	return vm_end(vm) != VM_RUNNING || vm_is_stopped(vm);
}

bool guest_power_off(struct vm *vm, gint64 deadline, GError **error)
{
	enum loop_end end;

	agent_send(vm_agent(vm), KC_POWEROFF, NULL, 0);
	end = loop_until(has_ended, vm, deadline);
	if (end != LOOP_DONE)
		guest_wait_failed(vm, end, "the guest powered off", error);
	return end == LOOP_DONE && !vm_explain_stop(vm, error);
}
