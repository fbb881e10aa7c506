/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/boot-or-resume.h"
#include "base/status.h"
#include "vm/guest.h"
#include "vm/share.h"
#include "snapshot/snapshot.h"

static void mark(const struct boot_or_resume *start, enum phase phase)
{
	if (start->phases)
		phases_mark(start->phases, phase);
}

static bool set_up(struct vm *vm, const struct boot_or_resume *start, gint64 deadline,
		   GError **error)
{
	mark(start, PHASE_READY);
	if (!guest_setup(vm, deadline, error))
		return false;
	mark(start, PHASE_SETUP);
	return true;
}

static struct vm *boot(const struct launch *launch, const struct boot_or_resume *start,
		       gint64 *deadline, GError **error)
{
	struct vm *vm;

	mark(start, PHASE_START);
	vm = vm_start(&launch->machine, start->console_out, start->errors_out, error);
	*deadline = loop_deadline(start->timeout);
	if (!vm)
		return NULL;
	vm_watch_kmsg(vm, start->kmsg, start->kmsg_opaque);
	if (start->phases)
		vm_tap_console(vm, phases_console, start->phases);
	if (guest_wait_ready(vm, start->boot_timeout, *deadline, error) &&
	    set_up(vm, start, *deadline, error) && launch->shares->len)
		shares_mount(vm, launch->shares, *deadline, error);
	own_kernel_explain(&launch->kernel, error);
	return vm;
}

static void replay_log(const struct snapshot_file *file, const struct boot_or_resume *start)
{
	size_t len;
	const char *log = g_bytes_get_data(file->about.log, &len);

	if (start->kmsg && len)
		start->kmsg(log, len, NULL, start->kmsg_opaque);
}

static struct vm *restore(struct snapshot_store *store, struct snapshot_file *file,
			  const struct boot_or_resume *start, gint64 *deadline, GError **error)
{
	struct vm *vm;

	*deadline = loop_deadline(start->timeout);
	mark(start, PHASE_START);
	replay_log(file, start);
	vm = snapshot_restore(store, file, *deadline, error);
	if (vm)
		set_up(vm, start, *deadline, error);
	snapshot_file_free(file);
	return vm;
}

/* The user's time limit or signal, or the host's; else it may be the saved machine's fault. */
static bool is_final(const GError *error)
{
	return error->code == STATUS_HANG || error->code == STATUS_STOPPED ||
	       status_is_signal(error->code);
}

/* Sets *again, and no @error, where a saved machine turned out to be unusable. */
static struct vm *go_on(struct snapshot_store *store, const struct boot_or_resume *start,
			gint64 *deadline, bool *again, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct vm *vm = NULL;
	struct snapshot_file *file = snapshot_get(store, &vm, &cause);

	if (file) {
		vm = restore(store, file, start, deadline, &cause);
		*again = !vm && !is_final(cause);
	} else if (vm && !cause && start->preparation) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the machine could not be saved, as %s asks for",
			    start->preparation->what);
	} else if (vm && !cause) {
		*deadline = loop_deadline(start->timeout);
		set_up(vm, start, *deadline, &cause);
	}
	if (*again) {
		fprintf(stderr, "kc: %s; kc makes it again\n", cause->message);
		snapshot_file_remove(store->folder, store->key);
	} else if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
	}
	return vm;
}

static struct vm *start_warm(struct snapshot_store *store, const struct launch *launch,
			     const struct boot_or_resume *start, gint64 *deadline, GError **error)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		bool again = false;
		struct vm *vm = go_on(store, start, deadline, &again, error);

		if (!again)
			return vm;
	}
	return boot(launch, start, deadline, error);
}

static struct vm *start_any(const struct launch *launch, const struct boot_or_resume *start,
			    gint64 *deadline, GError **error)
{
	g_autofree char *unfit = snapshot_unfit(&launch->machine);
	GError *cause = NULL;
	struct snapshot_store store = {
		.boot_timeout = start->boot_timeout,
		.console_out = start->console_out,
		.errors_out = start->errors_out,
		.kmsg = start->kmsg,
		.kmsg_opaque = start->kmsg_opaque,
		.preparation = start->preparation,
	};
	struct vm *vm;

	if (start->preparation && unfit) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "this machine cannot be saved: %s",
			    unfit);
		return NULL;
	}
	if (launch->shares->len && !start->cold)
		fputs("kc: with --share the machine boots, this time and the next\n", stderr);
	if (!start->preparation && (start->cold || unfit))
		return boot(launch, start, deadline, error);
	if (snapshot_store_open(&store, launch, &cause)) {
		/* What is run on the way to the saved machine is to be counted, too. */
		if (start->preparation && launch->machine.counts)
			snapshot_file_remove(store.folder, store.key);
		vm = start_warm(&store, launch, start, deadline, error);
	} else if (start->preparation) {
		g_propagate_error(error, g_steal_pointer(&cause));
		vm = NULL;
	} else {
		snapshot_note_unsaved(cause);
		vm = boot(launch, start, deadline, error);
	}
	snapshot_store_clear(&store);
	return vm;
}

/* What is saved has met nobody: the network is closed until the guest is up. */
struct vm *boot_or_resume(const struct launch *launch, const struct boot_or_resume *start,
			  gint64 *deadline, GError **error)
{
	struct vm *vm;

	if (launch->net.network)
		network_shut(launch->net.network);
	vm = start_any(launch, start, deadline, error);
	if (launch->net.network && vm)
		network_open(launch->net.network);
	return vm;
}
