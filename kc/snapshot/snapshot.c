/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/snapshot.h"
#include "snapshot/cache.h"
#include "snapshot/make.h"
#include "snapshot/migrate.h"
#include "vm/guest.h"

#include <string.h>

#define LOCK_SECONDS 0.05

/* Options of QEMU's that bring a disk of the user's, or say what memory there is. */
static const char *const unfit_options[] = {
	"-drive",    "-blockdev", "-hda",    "-hdb",	 "-hdc",    "-hdd",
	"-cdrom",    "-sd",	  "-pflash", "-fda",	 "-loadvm", "-incoming",
	"-mtdblock", "-m",	  "-M",	     "-machine", "-numa",   NULL,
};

/* A disk without contents: nothing of it can change. */
static bool is_null_disk(const char *option, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value ? value : "", ",", -1);
	const char *const *names = (const char *const *)parts;

	return g_str_equal(option, "-blockdev") && *parts &&
	       (g_str_equal(*parts, "null-co") || g_strv_contains(names, "driver=null-co"));
}

char *snapshot_unfit(const struct machine *machine)
{
	for (int i = 0; machine->extra && machine->extra[i]; i++) {
		const char *word = machine->extra[i];

		/* QEMU takes two dashes for one. */
		if (g_str_has_prefix(word, "--"))
			word++;
		if (g_strv_contains(unfit_options, word) &&
		    !is_null_disk(word, machine->extra[i + 1]))
			return g_strdup_printf("kc cannot tell when what %s adds has changed",
					       word);
	}
	if (machine->shares && machine->shares->len)
		return g_strdup("a folder of the host's cannot be saved with it");
	if (machine->disk && !machine->disk_throwaway)
		return g_strdup("its disk keeps what the guest writes");
	if (machine->disk && !g_str_equal(machine->disk_format, "raw"))
		return g_strdup("only a raw disk can be kept with it");
	return NULL;
}

static struct snapshot_file *open_sound(struct snapshot_store *store)
{
	g_autoptr(GError) damage = NULL;
	struct snapshot_file *file = snapshot_file_open(store->folder, store->key, &damage);

	if (damage)
		fprintf(stderr, "kc: %s; kc makes it again\n", damage->message);
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
	gint64 limit = loop_deadline(store->boot_timeout + MIGRATE_SETTLE_SECONDS +
				     MIGRATE_SAVE_SECONDS);
	int lock;

	while ((lock = cache_try_lock(store->folder, store->key, error)) == -1) {
		enum loop_end end = loop_until(never, NULL, loop_deadline(LOCK_SECONDS));

		if (end != LOOP_SIGNAL && g_get_monotonic_time() < limit)
			continue;
		loop_explain(end, "another kc had saved this machine", error);
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
		file = snapshot_make(store, booted, error);
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
		ready = migrate_load(vm, error) &&
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
