#!/usr/bin/env -S ocaml -I +unix unix.cma
(* SPDX-License-Identifier: GPL-2.0-or-later
   Boots a kernel and a disk image to a prompt on the serial console: what
   `kc boot` comes down to, with nothing between you and QEMU. boot.sh beside
   it is the same in shell. Ctrl-A x ends the machine.

   usage: boot.ml [--dry-run] [KERNEL [DISK]]
   The lab's own by default; of a kernel of the lab's the drivers, which are
   modules, lie beside it. --dry-run prints the command, a word a line.
   QEMU= names another QEMU, ACCEL=kvm asks for KVM. *)

let usage = "usage: boot.ml [--dry-run] [KERNEL [DISK]]"
let env name default = Option.value (Sys.getenv_opt name) ~default

let root = Unix.realpath (Filename.concat (Filename.dirname Sys.argv.(0)) "..")
let lab = List.fold_left Filename.concat root [ "build"; "lab" ]
let in_lab name = Filename.concat lab name

let drivers kernel =
  let file = Filename.concat (Filename.dirname kernel) "drivers.cpio" in
  if Sys.file_exists file then [ "-initrd"; file ] else []

let command qemu accel kernel disk =
  let cpu = if accel = "kvm" then "host" else "max" in
  [ qemu; "-L"; in_lab "firmware"; "-nodefaults"; "-no-user-config";
    "-display"; "none"; "-machine"; "q35"; "-accel"; accel; "-cpu"; cpu;
    "-m"; "256M"; "-kernel"; kernel;
    "-append"; "console=ttyS0 no_timer_check root=/dev/vda rw rdinit=/kc-init" ]
  @ drivers kernel
  @ [ "-drive"; "file=" ^ disk ^ ",format=raw,if=virtio";
      "-serial"; "mon:stdio"; "-device"; "virtio-hello-pci" ]

let check file =
  try Unix.access file [ Unix.R_OK ]
  with Unix.Unix_error _ ->
    prerr_endline ("boot.ml: cannot read " ^ file ^ "; make all builds the lab");
    exit 1

let () =
  let dry, files =
    match List.tl (Array.to_list Sys.argv) with
    | ("-h" | "--help") :: _ -> print_endline usage; exit 0
    | "--dry-run" :: rest -> (true, rest)
    | rest -> (false, rest)
  in
  let kernel, disk =
    match files with
    | [] -> (in_lab "bzImage", in_lab "disk.ext4")
    | [ kernel ] -> (kernel, in_lab "disk.ext4")
    | [ kernel; disk ] -> (kernel, disk)
    | _ -> prerr_endline usage; exit 2
  in
  let qemu = env "QEMU" (in_lab "qemu-system-x86_64") in
  List.iter check [ qemu; kernel; disk ];
  let words = command qemu (env "ACCEL" "tcg") kernel disk in
  if dry then List.iter print_endline words
  else Unix.execv qemu (Array.of_list words)
