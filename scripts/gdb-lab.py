# SPDX-License-Identifier: GPL-2.0-or-later
"""What gdb does for kc debug, on either half of a running machine.

Sourced by gdb, with its task in the environment:
  KC_DEBUG          driver (the guest's kernel) or device (QEMU)
  KC_DEBUG_TARGET   the socket of QEMU's gdbstub, or QEMU's process id
  KC_DEBUG_BREAK    breakpoints as for gdb's `break`, parted by ';'
  KC_DEBUG_SCRIPT   gdb commands to run once these are set
  KC_DEBUG_BATCH    set: nobody is there to type
  KC_DEBUG_SYMBOLS  vmlinux with debug information
  KC_DEBUG_MODULES  modules, or folders of modules, parted by ':'
"""

import os

import gdb


def setting(name):
    return os.environ.get("KC_DEBUG" + name, "")


def settings(name, separator):
    return [part for part in setting(name).split(separator) if part]


class ModuleWatch(gdb.Breakpoint):
    """Loads a module's symbols before its first instruction runs."""

    def __init__(self):
        super().__init__("do_init_module", internal=True)
        self.silent = True
        self.loaded = {}
        for module in list_entries("modules", "struct module", "list"):
            self.load(module)

    def stop(self):
        self.load(gdb.parse_and_eval("mod"))
        return False

    def load(self, module):
        name = module["name"].string()
        places = dict(sections(module))
        path = module_file(name)
        text = places.pop(".text", None)
        if name in self.loaded:
            gdb.execute("remove-symbol-file -a %#x" % self.loaded.pop(name), to_string=True)
        if not path or not text:
            print("kc: no symbols of the module %s" % name)
            return
        others = "".join(" -s %s %#x" % place for place in places.items())
        gdb.execute("add-symbol-file '%s' %#x%s" % (path, text, others), to_string=True)
        self.loaded[name] = text
        print("kc: module %s at %#x" % (name, text))


def list_entries(head, type_name, member):
    head = gdb.parse_and_eval(head)
    entry_type = gdb.lookup_type(type_name)
    offset = entry_type[member].bitpos // 8
    node = head["next"]
    while node != head.address:
        char = node.cast(gdb.lookup_type("char").pointer())
        yield (char - offset).cast(entry_type.pointer())
        node = node["next"]


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
    for place in settings("_MODULES", ":"):
        if os.path.isdir(place):
            place = os.path.join(place, name + ".ko")
        if os.path.basename(place).replace("-", "_") == name + ".ko":
            for path in (place + ".debug", place):
                if os.path.exists(path):
                    return path
    return None


def attach_to_kernel():
    symbols = setting("_SYMBOLS")
    gdb.execute("add-auto-load-safe-path " + os.path.dirname(os.path.realpath(symbols)))
    gdb.execute("file '%s'" % symbols, to_string=True)
    try:
        gdb.lookup_type("struct module")
    except gdb.error:
        raise gdb.GdbError("%s has no debug information; 'make linux' builds one that has, "
                           "--symbols names another" % symbols)
    built = gdb.parse_and_eval("linux_banner").string()
    gdb.execute("set remotetimeout 3600")  # QEMU itself may be held by another gdb
    gdb.execute("target remote " + setting("_TARGET"), to_string=True)
    try:
        running = gdb.parse_and_eval("linux_banner").string()
    except (gdb.error, UnicodeDecodeError):
        running = "found elsewhere"
    if running != built:
        raise gdb.GdbError("%s is not the running kernel, or that was moved (is it booted with "
                           "nokaslr?)\n  file:  %s  guest: %s" % (symbols, built, running))
    ModuleWatch()
    gdb.execute("set breakpoint pending on")


def attach_to_qemu():
    # TCG and KVM kick their CPUs with it.
    gdb.execute("handle SIGUSR1 SIGPIPE nostop noprint pass", to_string=True)
    gdb.execute("attach " + setting("_TARGET"), to_string=True)
    gdb.execute("set breakpoint pending off")


def set_breaks(temporary):
    for text in settings("_BREAK", ";"):
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
