/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/make.h"
#include "kernel/splat.h"
#include "snapshot/cache.h"
#include "snapshot/key.h"
#include "snapshot/migrate.h"
#include "vm/guest.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOG_MAX ((guint)4 << 20)

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

/* Files that a saved machine comes from. Caller frees. */
static char **inputs_of(const struct snapshot_store *store)
{
	char **inputs = snapshot_inputs(&store->launch->machine);
	guint count = g_strv_length(inputs);

	for (int i = 0; store->preparation && store->preparation->inputs[i]; i++) {
		inputs = g_renew(char *, inputs, count + 2);
		inputs[count++] = g_strdup(store->preparation->inputs[i]);
		inputs[count] = NULL;
	}
	return inputs;
}

static struct snapshot_about about_new(const struct snapshot_store *store)
{
	struct snapshot_about about = {
		.machine = describe(store->launch),
		.inputs = inputs_of(store),
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

static void keep_log(const char *records, size_t len, struct stalls *stalls, void *opaque)
{
	struct making *making = opaque;

	(void)stalls;
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

/* A file that was changed while it booted: what was saved is of neither kind. */
static bool is_current(const struct snapshot_store *store, GError **error)
{
	g_autofree char *now = snapshot_store_key(store);

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

static bool boot(struct making *making, GError **error)
{
	struct snapshot_store *store = making->store;
	struct machine machine = store->launch->machine;
	GError *cause = NULL;
	bool up;

	/* Who goes on from the saved machine begins to count there, unless it is prepared for that one. */
	if (!store->preparation)
		machine.counts = NULL;
	if (!prepare_files(making, &machine, &cause)) {
		snapshot_note_unsaved(cause);
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
	up = guest_wait_ready(making->vm, store->boot_timeout, LOOP_NEVER, error);
	own_kernel_explain(&store->launch->kernel, error);
	return up;
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
		store->kmsg((const char *)making->log->data, making->log->len, NULL,
			    store->kmsg_opaque);
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

static bool prepare(struct making *making, GError **error)
{
	const struct snapshot_preparation *preparation = making->store->preparation;

	return !preparation || preparation->run(making->vm, preparation->opaque, error);
}

struct snapshot_file *snapshot_make(struct snapshot_store *store, struct vm **booted,
				    GError **error)
{
	struct making making = {.store = store, .log = g_byte_array_new()};
	GError *cause = NULL;
	bool saved = false;

	making.about = about_new(store);
	fprintf(stderr, "kc: this machine's first run: it boots once and is kept for the next\n");
	if (boot(&making, error) && prepare(&making, error) && making.file) {
		migrate_settle(making.vm);
		saved = is_sound(&making, &cause) && migrate_save(making.vm, &cause) &&
			commit(&making, &cause);
		if (!saved && status_is_signal(cause->code))
			g_propagate_error(error, cause);
		else if (!saved)
			snapshot_note_unsaved(cause);
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
