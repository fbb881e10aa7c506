#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Downloads URL to FILE, which is kept only if its SHA-256 is the one given.

usage: download.py URL SHA256 FILE
"""

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request

TRIES = 3
SILENCE = 60  # seconds without a byte
LIMIT = 1 << 30


def receive(response, file):
    """Returns the SHA-256 of what came."""
    digest = hashlib.sha256()
    size = 0
    told = time.monotonic()
    while block := response.read(1 << 18):
        size += len(block)
        if size > LIMIT:
            sys.exit(f"download.py: more than {LIMIT >> 20} MiB come from {response.url}; gave up.")
        digest.update(block)
        file.write(block)
        if time.monotonic() - told > 2:
            told = time.monotonic()
            print(f"{size >> 20} MiB of {int(response.headers.get('Content-Length') or 0) >> 20}", flush=True)
    expected = response.headers.get("Content-Length")
    if expected and size != int(expected):
        raise http.client.IncompleteRead(b"", int(expected) - size)
    return digest.hexdigest()


def download(url, name):
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(url, timeout=SILENCE) as response, open(name, "wb") as file:
                return receive(response, file)
        except urllib.error.HTTPError as error:
            sys.exit(f"download.py: {url}: {error.code} {error.reason}")
        except (OSError, http.client.HTTPException) as error:
            if not left:
                sys.exit(f"download.py: {url}: {getattr(error, 'reason', error)}")
            print(f"{error}; again in a moment", flush=True)
            time.sleep(2)


def main():
    url, wanted, name = sys.argv[1:]
    part = name + ".part"
    found = download(url, part)
    if found != wanted:
        os.unlink(part)
        sys.exit(f"download.py: what came from {url} is another file: its SHA-256 is {found}, not {wanted}.")
    os.rename(part, name)


main()
