# SPDX-License-Identifier: GPL-2.0-or-later
"""What gdb does for kc debug, on either half of a running machine.

Sourced by gdb, with its task in the environment:
  KC_DEBUG          driver (the guest's kernel) or device (QEMU)
  KC_DEBUG_TARGET   the socket of QEMU's gdbstub, or QEMU's process id
  KC_DEBUG_BREAK    breakpoints as for gdb's `break`, each quoted as a shell's word
  KC_DEBUG_SCRIPT   gdb commands to run once these are set
  KC_DEBUG_BATCH    set: nobody is there to type
  KC_DEBUG_SYMBOLS  vmlinux with debug information
  KC_DEBUG_IDT      address of the CPU's interrupt table, in hexadecimal
  KC_DEBUG_MODULES  modules as NAME=FILE, each quoted as a shell's word
  KC_DEBUG_LAB      folder of the other modules
"""

import functools
import os
import re
import shlex
import struct

import gdb

NOWHERE = 1 << 20  # below are the sections that gdb was given no place for


def setting(name):
    return os.environ.get("KC_DEBUG" + name, "")


def words(name):
    return shlex.split(setting(name))


def quoted(path):
    """A word of a gdb command."""
    return re.sub(r"([\\'\" \t\n])", r"\\\1", path)


class Hook(gdb.Breakpoint):
    """Does something where the kernel passes, and lets it go on."""

    def __init__(self, where, action):
        super().__init__(where, internal=True)
        self.silent = True
        self.action = action

    def stop(self):
        self.action()
        return False


class Modules:
    """Loads a module's symbols before its first instruction runs."""

    def __init__(self):
        self.loaded = {}
        self.asleep = []
        self.hooks = [
            Hook("do_init_module", lambda: self.come(gdb.parse_and_eval("mod"))),
            Hook("do_free_init", self.forget_init),
            Hook("free_module", lambda: self.forget(gdb.parse_and_eval("mod")["name"].string())),
        ]
        for module in list_entries("modules", "struct module", "list"):
            self.come(module)

    def come(self, module):
        name = module["name"].string()
        path = module_file(name)
        places = dict(sections(module))
        if module["state"] == gdb.parse_and_eval("MODULE_STATE_LIVE"):
            places = lasting(places)
        self.forget(name)
        if not path or not places:
            print("kc: no symbols of the module %s" % name)
            return
        module.fetch_lazy()
        self.load(name, module, path, places)
        self.wake()
        print("kc: module %s at %#x" % (name, places.get(".text") or min(places.values())))

    def load(self, name, module, path, places):
        # One whose code all runs once has no .text.
        text = "%#x " % places[".text"] if ".text" in places else ""
        others = " ".join("-s %s %#x" % place for place in places.items() if place[0] != ".text")
        gdb.execute("add-symbol-file %s %s%s" % (quoted(path), text, others), to_string=True)
        self.loaded[name] = (module, path, places)

    def forget(self, name):
        if name in self.loaded:
            _, _, places = self.loaded.pop(name)
            gdb.execute("remove-symbol-file -a %#x" % min(places.values()), to_string=True)

    def forget_init(self):
        """The kernel frees what runs once, and the place may become another module's."""
        live = gdb.parse_and_eval("MODULE_STATE_LIVE")
        for name, (module, path, places) in list(self.loaded.items()):
            rest = lasting(places)
            if rest == places or module["state"] != live:
                continue
            self.forget(name)
            if rest:
                self.load(name, module, path, rest)
        self.sleep()

    def sleep(self):
        """A break in what is gone cannot be set, and would hold up all others (KVM)."""
        for point in gdb.breakpoints():
            places = [place.address for place in getattr(point, "locations", ())]
            if point.number > 0 and point.enabled and places and max(places) < NOWHERE:
                point.enabled = False
                self.asleep.append(point)

    def wake(self):
        for point in self.asleep:
            if point.is_valid():
                point.enabled = True
        self.asleep = []


def list_entries(head, type_name, member):
    head = gdb.parse_and_eval(head)
    entry_type = gdb.lookup_type(type_name)
    offset = entry_type[member].bitpos // 8
    node = head["next"]
    while node != head.address:
        char = node.cast(gdb.lookup_type("char").pointer())
        yield (char - offset).cast(entry_type.pointer())
        node = node["next"]


def lasting(places):
    return {part: at for part, at in places.items() if not part.startswith(".init")}


def sections(module):
    """Names and addresses, of those that debug information refers to."""
    table = module["sect_attrs"].dereference()
    if "nsections" in (field.name for field in table.type.fields()):
        attrs = (table["attrs"][i] for i in range(int(table["nsections"])))
        places = ((attr["battr"]["attr"], attr["address"]) for attr in attrs)
    else:  # since Linux 6.14
        places = ((attr["attr"], attr["private"]) for attr in pointed_at(table["grp"]["bin_attrs"]))
    for attr, address in places:
        name = attr["name"].string()
        if name.startswith((".text", ".data", ".rodata", ".bss", ".init", ".exit")):
            yield name, int(address)


def pointed_at(pointers):
    while pointers.dereference():
        yield pointers.dereference().dereference()
        pointers += 1


def module_file(name):
    """The file with debug information where there are two."""
    files = dict(word.split("=", 1) for word in words("_MODULES"))
    path = files.get(name) or lab_module(name)
    if path and os.path.exists(path + ".debug"):
        path += ".debug"
    return path and placeable(path)


@functools.lru_cache(maxsize=None)
def placeable(path):
    """The file as gdb can place it: where a section has an address, however small, it
    takes DWARF's to be of .text all (gdb/symfile.c, default_symfile_offsets())."""
    with open(path, "rb") as file:
        elf = bytearray(file.read())
    table, = struct.unpack_from("<Q", elf, 40)  # e_shoff
    size, count = struct.unpack_from("<HH", elf, 58)  # e_shentsize, e_shnum
    places = [table + size * i + 16 for i in range(count)]  # of sh_addr
    if not any(struct.unpack_from("<Q", elf, place)[0] for place in places):
        return path
    for place in places:
        struct.pack_into("<Q", elf, place, 0)
    copy = os.memfd_create(os.path.basename(path))
    os.write(copy, elf)
    return "/proc/%d/fd/%d" % (os.getpid(), copy)


def lab_module(name):
    folder = setting("_LAB")
    for file in os.listdir(folder) if os.path.isdir(folder) else ():
        if file.endswith(".ko") and file[:-len(".ko")].replace("-", "_") == name:
            return os.path.join(folder, file)
    return None


def move_symbols(symbols):
    """KASLR puts the kernel anywhere; its first interrupt gate says where."""
    moved = running_handler() - linked_handler() if setting("_IDT") else 0
    if moved:
        gdb.execute("symbol-file")
        gdb.execute("symbol-file -o %#x %s" % (moved, quoted(symbols)), to_string=True)
        print("kc: KASLR moved the kernel by %#x" % moved)


def running_handler():
    gate = gdb.selected_inferior().read_memory(int(setting("_IDT"), 16), 16)
    low, high = struct.unpack("<QQ", bytes(gate))
    return low & 0xffff | low >> 48 << 16 | (high & 0xffffffff) << 32


def linked_handler():
    try:
        return int(gdb.parse_and_eval("(unsigned long)&asm_exc_divide_error"))
    except gdb.error:  # before Linux 5.8
        return int(gdb.parse_and_eval("(unsigned long)&divide_error"))


def attach_to_kernel():
    symbols = setting("_SYMBOLS")
    gdb.execute("add-auto-load-safe-path " + os.path.dirname(os.path.realpath(symbols)))
    gdb.execute("file " + quoted(symbols), to_string=True)
    try:
        gdb.lookup_type("struct module")
    except gdb.error:
        raise gdb.GdbError("%s has no debug information; 'make linux' builds one that has, "
                           "--symbols names another" % symbols)
    built = gdb.parse_and_eval("(char *)&linux_banner").string()
    gdb.execute("set remotetimeout 3600")  # QEMU itself may be held by another gdb
    gdb.execute("target remote " + setting("_TARGET"), to_string=True)
    move_symbols(symbols)
    try:
        running = gdb.parse_and_eval("(char *)&linux_banner").string()
    except (gdb.error, UnicodeDecodeError):
        running = "found elsewhere\n"
    if running != built:
        raise gdb.GdbError("%s is not the running kernel\n  file:  %s  guest: %s"
                           "  (one that KASLR moved and that is not found: boot it with "
                           "--append nokaslr)" % (symbols, built, running))
    Modules()
    gdb.execute("set breakpoint pending on")


def attach_to_qemu():
    # TCG and KVM kick their CPUs with it.
    gdb.execute("handle SIGUSR1 SIGPIPE nostop noprint pass", to_string=True)
    gdb.execute("attach " + setting("_TARGET"), to_string=True)
    gdb.execute("set breakpoint pending off")


def set_breaks(temporary):
    for text in words("_BREAK"):
        gdb.execute("%s %s" % ("tbreak" if temporary else "break", text), to_string=True)


def has_target():
    return gdb.selected_inferior().pid != 0


def show_stop():
    """Where it is, its arguments, and what those point at."""
    frame = gdb.selected_frame()
    print("kc: stopped in %s" % (frame.name() or hex(frame.pc())))
    gdb.execute("backtrace 12")
    block = frame.block() if frame.find_sal().symtab else ()
    for symbol in block:
        value = symbol.value(frame) if symbol.is_argument else None
        if value is None or value.is_optimized_out or value.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
            continue
        if value.type.target().strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            gdb.execute("print -max-depth 1 -- *%s" % symbol.name)


def report_stops():
    while has_target():
        gdb.execute("continue")
        if has_target():
            show_stop()


def until_the_end(action):
    """A remote machine's end is an error to gdb; here it is what was awaited."""
    try:
        action()
    except gdb.error:
        if has_target():
            raise


def check_reached():
    # A temporary one is gone once it was reached; those below 0 are ours.
    missed = [point.location for point in gdb.breakpoints()
              if point.number > 0 and not point.hit_count]
    if missed:
        raise gdb.GdbError("never reached: " + ", ".join(missed))


def run():
    batch = setting("_BATCH")
    script = setting("_SCRIPT")
    set_breaks(temporary=batch and not script)
    if batch:
        until_the_end(lambda: gdb.execute("source " + script) if script else report_stops())
        check_reached()
    elif script:
        gdb.execute("source " + script)
    elif setting("_BREAK"):
        gdb.execute("continue")


def main():
    for command in ("confirm off", "debuginfod enabled off", "python print-stack none"):
        gdb.execute("set " + command)
    try:
        if setting("") == "driver":
            attach_to_kernel()
        else:
            attach_to_qemu()
        run()
    except (gdb.error, gdb.GdbError, gdb.MemoryError) as error:
        print("kc: gdb on the %s: %s" % (setting(""), error))
        if setting("_BATCH"):
            gdb.execute("quit 1")


main()
