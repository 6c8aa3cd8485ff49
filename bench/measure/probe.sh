# Prints what this machine is as `@@ section` blocks, for bench/measure/facts.py: unprivileged, a dozen processes, no
# tool that must be there. What cannot be read prints nothing. One grep reads all small files as `path:line`.
export LC_ALL=C
for command in /sbin /usr/sbin; do case ":$PATH:" in *":$command:"*) ;; *) PATH=$PATH:$command ;; esac; done
echo "@@ files"
grep -Hs '' /etc/os-release /etc/machine-id /var/lib/cloud/data/instance-id /etc/ssh/ssh_host_ed25519_key.pub /var/run/reboot-required \
    /proc/cmdline /proc/swaps /proc/uptime /proc/loadavg \
    /proc/sys/kernel/osrelease /proc/sys/kernel/version /proc/sys/kernel/random/boot_id \
    /proc/sys/kernel/numa_balancing /proc/sys/kernel/sched_autogroup_enabled /proc/sys/kernel/nmi_watchdog \
    /proc/sys/vm/swappiness /proc/sys/vm/dirty_ratio /proc/sys/vm/dirty_background_ratio \
    /proc/sys/vm/overcommit_memory /proc/sys/vm/nr_hugepages /proc/sys/vm/zone_reclaim_mode \
    /proc/sys/net/core/rmem_max /proc/sys/net/core/wmem_max /proc/sys/net/core/default_qdisc \
    /proc/sys/net/core/netdev_max_backlog /proc/sys/net/core/somaxconn /proc/sys/net/core/busy_poll \
    /proc/sys/net/ipv4/tcp_rmem /proc/sys/net/ipv4/tcp_wmem /proc/sys/net/ipv4/tcp_congestion_control \
    /proc/sys/net/ipv4/tcp_mtu_probing /proc/sys/net/ipv4/tcp_timestamps /proc/sys/net/ipv4/tcp_sack \
    /sys/devices/system/cpu/online /sys/devices/system/cpu/smt/control /sys/devices/system/node/online \
    /sys/devices/system/cpu/vulnerabilities/* /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor \
    /sys/devices/system/cpu/cpuidle/current_driver /sys/devices/system/memory/block_size_bytes \
    /sys/devices/system/clocksource/clocksource0/current_clocksource \
    /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/security/lsm \
    /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/bios_version \
    /sys/class/dmi/id/product_uuid /sys/hypervisor/uuid \
    /sys/hypervisor/type /sys/class/net/*/mtu \
    /sys/block/*/size /sys/block/*/serial /sys/block/*/device/model /sys/block/*/device/serial \
    /sys/block/*/queue/scheduler /sys/block/*/queue/nr_requests /sys/block/*/queue/rotational \
    /sys/block/*/queue/write_cache
grep -Hs '^MemTotal:' /proc/meminfo
grep -Hs '^Cpus_allowed_list:' /proc/self/status
grep -Hs ' / ' /proc/mounts
echo "@@ cpu"
sed '/^$/q' /proc/cpuinfo
echo "@@ nproc"
nproc
echo "@@ uname"
uname -m
echo "@@ memory-blocks"
set -- /sys/devices/system/memory/memory[0-9]*
[ -e "$1" ] && echo "$#"
echo "@@ virt"
systemd-detect-virt
echo "@@ kvp"
[ -r /var/lib/hyperv/.kvp_pool_3 ] && tr -s '\000' '\n' </var/lib/hyperv/.kvp_pool_3
echo "@@ host-build"
[ -d /sys/bus/vmbus/devices ] && dmesg | grep 'Hyper-V: Host Build'
echo "@@ packages"
[ -r /var/lib/dpkg/status ] && sha256sum /var/lib/dpkg/status
[ -r /lib/apk/db/installed ] && sha256sum /lib/apk/db/installed
for database in /usr/lib/sysimage/rpm /var/lib/rpm; do
    for database in "$database/rpmdb.sqlite" "$database/Packages.db" "$database/Packages"; do
        [ -r "$database" ] && stat -L -c '%s-%Y %n' "$database"
    done
done
echo "@@ links"
ls -ld /sys/class/net/*/device/driver /sys/class/net/*/master /sys/block/*/device /dev/disk/by-id/*
echo "@@ queues"
printf '%s\n' /sys/class/net/*/queues/*
echo "@@ end"
