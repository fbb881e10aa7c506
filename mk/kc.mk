# SPDX-License-Identifier: GPL-2.0-or-later
# The tool.
#
## kc                  build/bin/kc alone
## install             kc, its man page and completion to PREFIX (/usr/local)

.PHONY: kc install

KC := $(BUILD)/bin/kc
KC_SOURCES := $(wildcard kc/*.c)
KC_OBJECTS := $(KC_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/kc/page.o
KC_PAGE := $(wildcard kc/page/*)
KC_PACKAGES := gio-unix-2.0 json-glib-1.0 libtraceevent libbpf libdw libxxhash
KC_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Werror -MMD \
	$(shell pkg-config --cflags $(KC_PACKAGES))
KC_LIBS = $(shell pkg-config --libs $(KC_PACKAGES)) -lm
PREFIX ?= /usr/local

$(BUILD)/kc/%.o: kc/%.c | preflight
	@mkdir -p $(@D)
	@$(CCACHE) gcc $(KC_CFLAGS) -c $< -o $@

# The page of kc trace --html goes into kc.
$(BUILD)/kc/page.o: $(KC_PAGE) | preflight
	@mkdir -p $(@D)
	@glib-compile-resources --sourcedir=kc/page --generate-source --target=$(@:.o=.c) \
		kc/page/page.gresource.xml
	@$(CCACHE) gcc $(KC_CFLAGS) -c $(@:.o=.c) -o $@

$(KC): $(KC_OBJECTS)
	@mkdir -p $(@D)
	@gcc $^ $(KC_LIBS) -o $@

kc: $(KC)

install: $(KC)
	install -D -m 755 $(KC) $(DESTDIR)$(PREFIX)/bin/kc
	mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1
	$(KC) help --man >$(DESTDIR)$(PREFIX)/share/man/man1/kc.1
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(KC) help --bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/kc

-include $(KC_OBJECTS:.o=.d)
