# SPDX-License-Identifier: GPL-2.0-or-later
# What is to be read: the outputs and pictures of the lessons as they are now,
# and all pages as one site.
#
## docs      outputs and pictures of the lessons again, and the pages as a site: build/site/index.html
## site      that site alone, from the pages as they are

.PHONY: docs site

PAGES = $(wildcard *.md docs/*.md docs/*/*.md devices/*/*.md modules/*/*.md guest/*/README.md \
	qemu/patches/README.md tests/faults/*/README.md)

docs: all | preflight-docs
	@tests/docs/lessons.sh --update
	@scripts/site.sh $(BUILD)/site $(PAGES)

site: | preflight-docs
	@scripts/site.sh $(BUILD)/site $(PAGES)
