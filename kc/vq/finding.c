/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/internal.h"

static void finding_free(void *data)
{
	struct vq_finding *finding = data;

	g_free(finding->text);
	g_ptr_array_unref(finding->evidence);
	g_free(finding);
}

GPtrArray *vq_findings_new(void)
{
	return g_ptr_array_new_with_free_func(finding_free);
}

struct vq_finding *vq_find(struct vq_case *this, enum vq_grade grade, const char *code,
			   const char *format, ...)
{
	struct vq_finding *finding = g_new0(struct vq_finding, 1);
	va_list values;

	va_start(values, format);
	finding->text = g_strdup_vprintf(format, values);
	va_end(values);
	finding->grade = grade;
	finding->code = code;
	finding->evidence = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(this->findings, finding);
	return finding;
}

void vq_evidence(struct vq_finding *finding, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	g_ptr_array_add(finding->evidence, g_strdup_vprintf(format, values));
	va_end(values);
}
