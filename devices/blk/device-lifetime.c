/*
 * craft-blk: how much of the storage's life is used up, which only an eMMC
 * says, in files below /sys.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "block/block.h"
#include "block/block_int.h"
#include "device.h"

#include <sys/sysmacros.h>

/* Tenths of a life, and more than all of it; what is above is reserved */
#define LIFETIME_WORST  11

static char *read_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static uint16_t known(unsigned int value, unsigned int most)
{
    return value <= most ? value : 0;
}

/* "0x01" in pre_eol_info, "0x02 0x01" in life_time */
static bool read_lifetime(const char *folder, struct craft_blk_lifetime *to)
{
    g_autofree char *eol = read_file(folder, "pre_eol_info");
    g_autofree char *life = read_file(folder, "life_time");
    unsigned int pre_eol, a, b;

    if (!eol || !life || sscanf(eol, "%x", &pre_eol) != 1 ||
        sscanf(life, "%x %x", &a, &b) != 2) {
        return false;
    }
    to->pre_eol_info = cpu_to_le16(known(pre_eol, CRAFT_BLK_EOL_URGENT));
    to->estimate_a = cpu_to_le16(known(a, LIFETIME_WORST));
    to->estimate_b = cpu_to_le16(known(b, LIFETIME_WORST));
    return true;
}

/* The folder of the disk that the drive's file is, or is a partition of */
static char *find_folder(BlockDriverState *bs)
{
    static const char *const places[] = { "device", "../device" };
    struct craft_blk_lifetime lifetime;
    struct stat st;
    unsigned int i;

    if (stat(bs->filename, &st) < 0 || !S_ISBLK(st.st_mode)) {
        return NULL;
    }
    for (i = 0; i < G_N_ELEMENTS(places); i++) {
        char *folder = g_strdup_printf("/sys/dev/block/%u:%u/%s",
                                       major(st.st_rdev), minor(st.st_rdev),
                                       places[i]);

        if (read_lifetime(folder, &lifetime)) {
            return folder;
        }
        g_free(folder);
    }
    return NULL;
}

bool craft_blk_find_lifetime(CraftBlk *s)
{
    struct craft_blk_lifetime lifetime;
    BlockDriverState *bs = blk_bs(s->blk);

    if (!s->lifetime) {
        GRAPH_RDLOCK_GUARD_MAINLOOP();

        while (bdrv_primary_bs(bs)) {
            bs = bdrv_primary_bs(bs);
        }
        s->lifetime = find_folder(bs);
    }
    return s->lifetime && read_lifetime(s->lifetime, &lifetime);
}

bool craft_blk_lifetime(CraftBlk *s, struct craft_blk_lifetime *lifetime)
{
    return read_lifetime(s->lifetime, lifetime);
}
