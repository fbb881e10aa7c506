# SPDX-License-Identifier: GPL-2.0-or-later
# The tool.
#
## kc                  build/bin/kc alone
## install             kc, its man pages and completion to PREFIX (/usr/local)

.PHONY: kc install

KC := $(BUILD)/bin/kc
# From the ground up: a room uses those before it and none after; make check
# holds it to that. Trace has three of its own on what they share.
KC_ROOMS := base lab device kernel vm snapshot vq trace coverage test series learn bench cli
KC_ORDER := base lab device kernel vm snapshot vq trace trace/record trace/join trace/show coverage test series learn bench cli main
KC_SOURCES := $(sort $(shell find kc/ -name '*.c'))
KC_HEADERS := $(sort $(shell find kc/ -name '*.h'))
KC_OBJECTS := $(KC_SOURCES:%.c=$(BUILD)/%.o)
# What goes into kc as it is: the pages of kc trace, kc bench and coverage, the templates of kc new
KC_RESOURCES := $(BUILD)/kc/trace/page/page.o $(BUILD)/kc/device/template/template.o \
	$(BUILD)/kc/bench/page/bench.o $(BUILD)/kc/coverage/page/coverage.o $(BUILD)/kc/series/page/series.o
KC_PACKAGES := gio-unix-2.0 json-glib-1.0 libtraceevent libbpf libdw libxxhash
# Settings for a cross compiler's libraries are not for kc.
found = $(shell env -i PATH="$$PATH" pkg-config $1 $(KC_PACKAGES))
KC_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Werror -MMD -Ikc -Iguest \
	$(call found,--cflags)
KC_LIBS = $(call found,--libs) -lm
PREFIX ?= /usr/local

# In the linker's order: who needs others stands before them.
KC_ARCHIVES := $(foreach room,$(KC_ROOMS),$(BUILD)/kc/$(room).a)
KC_LINKED := $(shell printf '%s\n' $(KC_ARCHIVES) | tac)

$(BUILD)/kc/%.o: kc/%.c | preflight
	@mkdir -p $(@D)
	@$(CCACHE) gcc $(KC_CFLAGS) -c $< -o $@

.SECONDEXPANSION:
$(KC_RESOURCES): $(BUILD)/%.o: $$(wildcard $$(dir $$*)*) | preflight
	@mkdir -p $(@D)
	@glib-compile-resources --sourcedir=$(dir $*) --generate-source --target=$(@:.o=.c) \
		$*.gresource.xml
	@$(CCACHE) gcc $(KC_CFLAGS) -c $(@:.o=.c) -o $@

$(foreach room,$(KC_ROOMS),$(eval \
	$(BUILD)/kc/$(room).a: $(filter $(BUILD)/kc/$(room)/%,$(KC_OBJECTS) $(KC_RESOURCES))))
$(KC_ARCHIVES):
	@rm -f $@
	@ar rcs $@ $^

$(KC): $(BUILD)/kc/main.o $(KC_LINKED)
	@mkdir -p $(@D)
	@gcc $^ $(KC_LIBS) -o $@

kc: $(KC)

install: $(KC)
	install -D -m 755 $(KC) $(DESTDIR)$(PREFIX)/bin/kc
	mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1
	$(KC) help --man >$(DESTDIR)$(PREFIX)/share/man/man1/kc.1
	mkdir -p $(DESTDIR)$(PREFIX)/share/man/man5
	for page in trace bench matrix coverage; do awk -v section=5 -f scripts/man-page.awk docs/$$page-json.md \
		>$(DESTDIR)$(PREFIX)/share/man/man5/kc-$$page-json.5 || exit 1; done
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(KC) help --bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/kc

# Who included a header that is gone is compiled again.
kc/%.h: ;

-include $(KC_OBJECTS:.o=.d)
