# What our QEMU consists of: two machines and the stock virtio devices.
CONFIG_Q35=y
CONFIG_MICROVM=y
# A port to plug into while the machine runs
CONFIG_PCIE_PORT=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_MMIO=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_BALLOON=y
CONFIG_VIRTIO_9P=y
# By which a guest's panic is heard, and by which a guest's code can end QEMU
CONFIG_PVPANIC_PCI=y
CONFIG_PVPANIC_ISA=y
CONFIG_ISA_DEBUG=y
# A watchdog: what ends or pauses a guest that hangs
CONFIG_WDT_IB6300ESB=y
