/*
 * What a device of the exercises does with elements of virtqueue_pop(): each
 * is to be pushed or detached, once, and then to be freed, once. This is linked
 * beside the device, whose calls come here: scripts/build-exercises.sh renames
 * them. What was freed stays as it is, so that a device that uses it does not
 * crash before it is told.
 *
 * The guest can only write a property, by kc-host. So "ledger" takes a
 * question, and refuses it with the answer where that is not a good one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/notify.h"
#include "hw/virtio/virtio.h"
#include "system/system.h"
#include "device-ledger.h"

struct entry {
    bool settled; /* pushed or detached */
    bool freed;
};

static GHashTable *entries; /* by the element */
static unsigned popped, twice, late, freed_twice;

void *ledger_pop(VirtQueue *vq, size_t size)
{
    void *elem = virtqueue_pop(vq, size);

    if (elem) {
        if (!entries) {
            entries = g_hash_table_new(NULL, NULL);
        }
        g_hash_table_insert(entries, elem, g_new0(struct entry, 1));
        popped++;
    }
    return elem;
}

static struct entry *find(const void *elem)
{
    return entries ? g_hash_table_lookup(entries, elem) : NULL;
}

static void settle(const void *elem)
{
    struct entry *entry = find(elem);

    if (entry) {
        twice += entry->settled;
        late += entry->freed;
        entry->settled = true;
    }
}

void ledger_push(VirtQueue *vq, const VirtQueueElement *elem, unsigned len)
{
    settle(elem);
    virtqueue_push(vq, elem, len);
}

void ledger_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned len,
                 unsigned at)
{
    settle(elem);
    virtqueue_fill(vq, elem, len, at);
}

void ledger_detach(VirtQueue *vq, const VirtQueueElement *elem, unsigned len)
{
    settle(elem);
    virtqueue_detach_element(vq, elem, len);
}

void ledger_free(void *what)
{
    struct entry *entry = find(what);

    if (!entry) {
        g_free(what);
        return;
    }
    freed_twice += entry->freed;
    entry->freed = true;
}

void ledger_free_sized(void *what, size_t size)
{
    ledger_free(what);
}

void ledger_free_plainly(void *what)
{
    ledger_free(what);
}

/* Of all elements, those of which the question is not to be answered so */
static unsigned count(bool (*is_wrong)(const struct entry *entry))
{
    GHashTableIter iter;
    unsigned n = 0;
    void *entry;

    if (!entries) {
        return 0;
    }
    g_hash_table_iter_init(&iter, entries);
    while (g_hash_table_iter_next(&iter, NULL, &entry)) {
        n += is_wrong(entry);
    }
    return n;
}

static bool is_kept(const struct entry *entry)
{
    return !entry->freed;
}

static bool is_lost(const struct entry *entry)
{
    return !entry->settled;
}

static unsigned kept(void)
{
    return count(is_kept);
}

static unsigned lost(void)
{
    return count(is_lost);
}

static unsigned settled_twice(void)
{
    return twice;
}

static unsigned settled_late(void)
{
    return late;
}

static unsigned freed_again(void)
{
    return freed_twice;
}

static const struct {
    const char *name;
    unsigned (*wrong)(void);
    const char *what;
} questions[] = {
    { "freed", kept, "were never freed" },
    { "freed-once", freed_again, "were freed twice" },
    { "settled", lost, "were neither pushed nor detached" },
    { "settled-once", settled_twice, "were pushed or detached twice" },
    { "settled-first", settled_late, "were pushed or detached after g_free()" },
};

static void ask(Object *obj, Visitor *v, const char *name, void *opaque,
                Error **errp)
{
    g_autofree char *question = NULL;

    if (!visit_type_str(v, name, &question, errp)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        if (g_str_equal(questions[i].name, question)) {
            unsigned wrong = questions[i].wrong();

            if (wrong) {
                error_setg(errp, "of %u elements %u %s", popped, wrong,
                           questions[i].what);
            }
            return;
        }
    }
    error_setg(errp, "the ledger has no such question: %s", question);
}

/* By then each type is there. */
static void add_property(Notifier *notifier, void *data)
{
    ObjectClass *klass = object_class_by_name("virtio-shout-pci");

    if (klass) {
        object_class_property_add(klass, "ledger", "str", NULL, ask, NULL,
                                  NULL);
    }
}

static Notifier notifier = { .notify = add_property };

static void ledger_register(void)
{
    qemu_add_machine_init_done_notifier(&notifier);
}

type_init(ledger_register)
