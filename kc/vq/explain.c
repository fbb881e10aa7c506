/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/explain.h"
#include "vq/vq.h"

char *vq_explain(struct vm *vm)
{
	const struct vq_choice choice = {.queue = -1, .patience = VQ_PATIENCE};
	struct vq *vq = vq_new(vm_qmp(vm), &choice);
	g_autoptr(GError) cause = NULL;
	g_autofree char *console = console_tail(vm_console(vm));
	g_autofree char *kernel = kernel_log_warnings(vm_kernel_log(vm));
	g_autofree char *errors = console_tail(vm_errors(vm));
	char *text;

	vq_hear(vq, &(struct vq_log){.console = console, .kernel = kernel, .qemu = errors});
	text = vq_settle(vq, &cause) ? vq_text(vq)
				     : g_strdup_printf("no virtqueues: %s\n", cause->message);
	vq_free(vq);
	return text;
}
