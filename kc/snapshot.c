/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"
#include "cache.h"
#include "guest.h"
#include "snapshot-key.h"
#include "splat.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define QUIET_SECONDS 0.2 /* a console that is still for so long has booted */
#define SETTLE_SECONDS 3
#define SAVE_SECONDS 60
#define POLL_SECONDS 0.01
#define LOCK_SECONDS 0.05
#define LOG_MAX ((guint)4 << 20)

/* Options of QEMU's that bring a disk of the user's, or say what memory there is. */
static const char *const unfit_options[] = {
	"-drive",    "-blockdev", "-hda",    "-hdb",	 "-hdc",    "-hdd",
	"-cdrom",    "-sd",	  "-pflash", "-fda",	 "-loadvm", "-incoming",
	"-mtdblock", "-m",	  "-M",	     "-machine", "-numa",   NULL,
};

char *snapshot_unfit(const struct machine *machine)
{
	for (int i = 0; machine->extra && machine->extra[i]; i++) {
		const char *word = machine->extra[i];

		/* QEMU takes two dashes for one. */
		if (g_str_has_prefix(word, "--"))
			word++;
		if (g_strv_contains(unfit_options, word))
			return g_strdup_printf("of what %s brings kc knows too little", word);
	}
	if (machine->disk && !machine->disk_throwaway)
		return g_strdup("its disk keeps what the guest writes");
	if (machine->disk && !g_str_equal(machine->disk_format, "raw"))
		return g_strdup("only a raw disk can be kept with it");
	return NULL;
}

bool snapshot_store_open(struct snapshot_store *store, const struct launch *launch, GError **error)
{
	store->launch = launch;
	store->folder = cache_folder(launch->lab, error);
	if (store->folder)
		store->key = snapshot_key(&launch->machine);
	return store->folder;
}

void snapshot_store_clear(struct snapshot_store *store)
{
	g_free(store->folder);
	g_free(store->key);
}

static char *describe(const struct launch *launch)
{
	const struct machine *machine = &launch->machine;
	g_autofree char *kernel = g_path_get_basename(machine->kernel);
	g_autofree char *root = g_path_get_basename(machine->disk ? machine->disk
								  : machine->initrd);
	g_autofree char *devices = machine->devices ? g_strjoinv(" ", (char **)machine->devices)
						    : g_strdup("");

	return g_strdup_printf("%s %s, %u CPU%s, %u MiB, %s, %s %s", machine->kvm ? "kvm" : "tcg",
			       machine->transport == TRANSPORT_PCI ? "pci" : "mmio", machine->smp,
			       machine->smp == 1 ? "" : "s", machine->memory_mib, kernel, root,
			       devices);
}

static struct snapshot_about about_new(const struct launch *launch)
{
	struct snapshot_about about = {
		.machine = describe(launch),
		.inputs = snapshot_inputs(&launch->machine),
	};
	guint count = g_strv_length(about.inputs);

	about.states = g_new0(char *, count + 1);
	for (guint i = 0; i < count; i++)
		about.states[i] = snapshot_fingerprint(about.inputs[i]);
	return about;
}

/* One machine on its way to be saved. */
struct making {
	struct snapshot_store *store;
	struct snapshot_file *file;
	struct snapshot_about about;
	GByteArray *log;
	struct vm *vm;
};

static void keep_log(const char *records, size_t len, void *opaque)
{
	struct making *making = opaque;

	if (making->log->len + len <= LOG_MAX)
		g_byte_array_append(making->log, (const guint8 *)records, len);
}

static bool copy_disk(const char *disk, int to, GError **error)
{
	g_autofree char *target = g_strdup_printf("/proc/%d/fd/%d", getpid(), to);
	/* Knows of holes, and of file systems that can share blocks. */
	const char *argv[] = {"cp", "--sparse=always", "--reflink=auto", disk, target, NULL};
	g_autofree char *said = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &said,
			  &status, error))
		return false;
	if (status == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s", g_strstrip(said));
	return false;
}

static bool prepare_files(struct making *making, struct machine *machine, GError **error)
{
	struct snapshot_store *store = making->store;
	const char *disk = machine->disk;

	making->file = snapshot_file_new(store->folder, (guint64)machine->memory_mib << 20, disk,
					 error);
	if (!making->file || (disk && !copy_disk(disk, making->file->fd[SNAPSHOT_DISK], error)))
		return false;
	/* QEMU takes a descriptor only in the mode in which it would open the file. */
	machine->state_fd = snapshot_file_reopen(making->file, SNAPSHOT_STATE, O_WRONLY);
	machine->ram_fd = making->file->fd[SNAPSHOT_RAM];
	machine->ram_shared = true;
	if (disk) {
		machine->disk = MACHINE_DISK;
		machine->disk_fd = snapshot_file_reopen(making->file, SNAPSHOT_DISK, O_RDONLY);
		machine->disk_write_fd = making->file->fd[SNAPSHOT_DISK];
		machine->disk_throwaway = false;
	}
	return true;
}

static bool drain(void *data)
{
	struct vm *vm = data;
	struct frame frame;

	while (vm_next_frame(vm, &frame, NULL) == FRAME_WHOLE)
		;
	return vm_end(vm) != VM_RUNNING;
}

/* What is still being done would be done again by each that goes on from here. */
static void settle(struct vm *vm)
{
	gint64 limit = loop_deadline(SETTLE_SECONDS);
	gint64 heard;

	do {
		heard = console_last_heard(vm_console(vm));
		if (loop_until(drain, vm, loop_deadline(QUIET_SECONDS)) != LOOP_LATE)
			return;
	} while (heard != console_last_heard(vm_console(vm)) && g_get_monotonic_time() < limit);
}

static const char *migration_status(JsonNode *answer)
{
	JsonObject *object = answer && JSON_NODE_HOLDS_OBJECT(answer) ? json_node_get_object(answer)
								      : NULL;

	return object ? json_object_get_string_member_with_default(object, "status", "none")
		      : "none";
}

static bool migration_failed(JsonNode *answer, GError **error)
{
	const char *why = json_object_get_string_member_with_default(
		json_node_get_object(answer), "error-desc", "QEMU does not say why");

	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s", why);
	return false;
}

static bool wait_saved(struct vm *vm, GError **error)
{
	gint64 limit = loop_deadline(SAVE_SECONDS);

	while (g_get_monotonic_time() < limit) {
		JsonNode *answer = qmp_call(vm_qmp(vm), "query-migrate", NULL, error);
		const char *status = migration_status(answer);
		bool done = g_str_equal(status, "completed");
		bool failed = g_str_equal(status, "failed");

		if (!answer || (failed && !migration_failed(answer, error))) {
			g_clear_pointer(&answer, json_node_unref);
			return false;
		}
		json_node_unref(answer);
		if (done)
			return true;
		if (loop_until(drain, vm, loop_deadline(POLL_SECONDS)) == LOOP_DONE)
			break;
	}
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "QEMU did not finish saving it");
	return false;
}

static bool call(struct vm *vm, const char *command, const char *json, GError **error)
{
	g_autoptr(JsonNode) arguments = json_from_string(json, NULL);
	JsonNode *answer = qmp_call(vm_qmp(vm), command, json_node_dup_object(arguments), error);

	if (answer)
		json_node_unref(answer);
	return answer;
}

/* The stream leaves out what is in the memory's file already. */
static bool ignore_shared(struct vm *vm, GError **error)
{
	return call(vm, "migrate-set-capabilities",
		    "{\"capabilities\": [{\"capability\": \"x-ignore-shared\", \"state\": true}]}",
		    error);
}

static bool save(struct vm *vm, GError **error)
{
	return ignore_shared(vm, error) &&
	       call(vm, "migrate", "{\"uri\": \"file:" MACHINE_STATE "\"}", error) &&
	       wait_saved(vm, error);
}

static bool load(struct vm *vm, GError **error)
{
	return ignore_shared(vm, error) &&
	       call(vm, "migrate-incoming", "{\"uri\": \"file:" MACHINE_STATE "\"}", error);
}

/* A file that was changed while it booted: what was saved is of neither kind. */
static bool is_current(const struct snapshot_store *store, GError **error)
{
	g_autofree char *now = snapshot_key(&store->launch->machine);

	if (g_str_equal(now, store->key))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "a file that it starts from was changed meanwhile");
	return false;
}

static bool commit(struct making *making, GError **error)
{
	struct snapshot_store *store = making->store;
	gint64 limit, freed;

	making->about.log = g_bytes_new(making->log->data, making->log->len);
	if (!is_current(store, error) ||
	    !snapshot_file_commit(making->file, store->folder, store->key, &making->about, error))
		return false;
	if (cache_limit(&limit, NULL))
		cache_prune(store->folder, limit, store->key, &freed);
	return true;
}

/* Nothing can be kept: no reason not to run. */
static void note_unsaved(GError *cause)
{
	fprintf(stderr, "kc: this machine is not kept, so it boots each time: %s\n",
		cause->message);
	g_error_free(cause);
}

static bool boot(struct making *making, GError **error)
{
	struct snapshot_store *store = making->store;
	struct machine machine = store->launch->machine;
	GError *cause = NULL;

	if (!prepare_files(making, &machine, &cause)) {
		note_unsaved(cause);
		g_clear_pointer(&making->file, snapshot_file_free);
		machine = store->launch->machine;
	}
	making->vm = vm_start(&machine, store->console_out, store->errors_out, error);
	if (machine.state_fd > 0)
		close(machine.state_fd);
	if (machine.disk_fd > 0)
		close(machine.disk_fd);
	if (!making->vm)
		return false;
	vm_watch_kmsg(making->vm, keep_log, making);
	return guest_wait_ready(making->vm, store->boot_timeout, LOOP_NEVER, error);
}

/* What went wrong is seen in the machine; or it is as good as any that booted. */
static void hand_over_vm(struct making *making, struct vm **booted)
{
	struct snapshot_store *store = making->store;
	JsonNode *answer;

	*booted = making->vm;
	if (!making->vm)
		return;
	/* Once its state is out a machine stands still. */
	answer = qmp_call(vm_qmp(making->vm), "cont", NULL, NULL);
	g_clear_pointer(&answer, json_node_unref);
	vm_watch_kmsg(making->vm, store->kmsg, store->kmsg_opaque);
	if (store->kmsg && making->log->len)
		store->kmsg((const char *)making->log->data, making->log->len, store->kmsg_opaque);
}

/* What went wrong by chance, on a busy host, would be told of each run that goes on from it. */
static bool is_sound(const struct making *making, GError **error)
{
	struct splat_watch *watch = splat_watch_new(NULL);
	const struct splat *first;

	splat_watch_kmsg(watch, (const char *)making->log->data, making->log->len);
	splat_watch_end(watch);
	first = splat_watch_first(watch);
	if (first)
		g_set_error(error, STATUS_ERROR, STATUS_SPLAT,
			    "its kernel complained while it booted: %s", first->title);
	splat_watch_free(watch);
	return !first;
}

static struct snapshot_file *make(struct snapshot_store *store, struct vm **booted, GError **error)
{
	struct making making = {.store = store, .log = g_byte_array_new()};
	GError *cause = NULL;
	bool saved = false;

	making.about = about_new(store->launch);
	fprintf(stderr, "kc: this machine's first run: it boots once and is kept for the next\n");
	if (boot(&making, error) && making.file) {
		settle(making.vm);
		saved = is_sound(&making, &cause) && save(making.vm, &cause) &&
			commit(&making, &cause);
		if (!saved)
			note_unsaved(cause);
	}
	if (saved)
		vm_stop(making.vm);
	else
		hand_over_vm(&making, booted);
	snapshot_file_free(making.file);
	snapshot_about_clear(&making.about);
	g_byte_array_unref(making.log);
	/* As anybody else would: for reading, and only what is in its place. */
	return saved ? snapshot_file_open(store->folder, store->key, error) : NULL;
}

static struct snapshot_file *open_sound(struct snapshot_store *store)
{
	g_autoptr(GError) damage = NULL;
	struct snapshot_file *file = snapshot_file_open(store->folder, store->key, &damage);

	if (damage)
		fprintf(stderr, "kc: %s and made again\n", damage->message);
	return file;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

/* Whoever makes it takes no longer than this; or it dies, and the lock with it. */
static int wait_for_lock(struct snapshot_store *store, GError **error)
{
	gint64 limit = loop_deadline(store->boot_timeout + SETTLE_SECONDS + SAVE_SECONDS);
	int lock;

	while ((lock = cache_try_lock(store->folder, store->key, error)) == -1) {
		enum loop_end end = loop_until(never, NULL, loop_deadline(LOCK_SECONDS));

		if (end != LOOP_SIGNAL && g_get_monotonic_time() < limit)
			continue;
		guest_wait_failed(end, "another kc had saved this machine", error);
		return -2;
	}
	return lock;
}

struct snapshot_file *snapshot_get(struct snapshot_store *store, struct vm **booted, GError **error)
{
	struct snapshot_file *file = open_sound(store);
	int lock;

	*booted = NULL;
	if (file)
		return file;
	lock = wait_for_lock(store, error);
	if (lock < 0)
		return NULL;
	/* It may be there by now. */
	file = snapshot_file_open(store->folder, store->key, NULL);
	if (!file)
		file = make(store, booted, error);
	cache_unlock(store->folder, store->key, lock);
	return file;
}

static void *check_contents(void *file)
{
	return GINT_TO_POINTER(snapshot_file_check(file));
}

static struct vm *start_from(struct snapshot_store *store, struct snapshot_file *file,
			     GError **error)
{
	struct machine machine = store->launch->machine;

	machine.incoming = "defer";
	machine.state_fd = file->fd[SNAPSHOT_STATE];
	machine.ram_fd = file->fd[SNAPSHOT_RAM];
	if (file->fd[SNAPSHOT_DISK] > 0) {
		machine.disk = MACHINE_DISK;
		machine.disk_fd = file->fd[SNAPSHOT_DISK];
	}
	return vm_start(&machine, store->console_out, store->errors_out, error);
}

struct vm *snapshot_restore(struct snapshot_store *store, struct snapshot_file *file,
			    gint64 deadline, GError **error)
{
	/* QEMU takes a while to come up; until then the other CPU can read. */
	GThread *check = g_thread_new("check", check_contents, file);
	struct vm *vm = start_from(store, file, error);
	bool ready = false;

	if (vm) {
		vm_watch_kmsg(vm, store->kmsg, store->kmsg_opaque);
		ready = load(vm, error) &&
			guest_wait_ready(vm, store->boot_timeout, deadline, error);
	}
	if (!g_thread_join(check)) {
		g_clear_error(error);
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the saved machine '%s/%s.state' is damaged", store->folder,
			    store->key);
		ready = false;
	}
	if (ready) {
		snapshot_file_touch(file);
		return vm;
	}
	vm_stop(vm);
	return NULL;
}
