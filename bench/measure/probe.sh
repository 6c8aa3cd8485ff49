# Prints what this machine is as `@@ section` blocks, for bench/measure/facts.py: unprivileged, some twenty processes, no
# tool that must be there. What cannot be read prints nothing. One grep reads all small files as `path:line`.
# Left out of the globs below /proc/sys: what does something when it is read (vm/stat_refresh), and the key of TCP fast open.
export LC_ALL=C
for command in /sbin /usr/sbin; do case ":$PATH:" in *":$command:"*) ;; *) PATH=$PATH:$command ;; esac; done
echo "@@ files"
# A file that grew beyond all bounds does not push the others out of what is read; what anybody may write comes last, as
# after a very long line grep reads by so much at once that the kernel refuses it for /proc/sys.
grep -Hs -m 500 '' /proc/cmdline /proc/swaps /proc/uptime /proc/loadavg \
    /proc/sys/kernel/osrelease /proc/sys/kernel/version /proc/sys/kernel/random/boot_id \
    /proc/sys/kernel/numa_balancing /proc/sys/kernel/nmi_watchdog /proc/sys/kernel/watchdog /proc/sys/kernel/sched_* \
    /proc/sys/kernel/timer_migration /proc/sys/kernel/randomize_va_space /proc/sys/kernel/dmesg_restrict \
    /proc/sys/vm/[!s]* /proc/sys/vm/swappiness /proc/sys/vm/stat_interval \
    /proc/sys/net/core/[!n]* /proc/sys/net/core/netdev_max_backlog /proc/sys/net/core/netdev_budget* \
    /proc/sys/net/ipv4/ip_* /proc/sys/net/ipv4/udp_* /proc/sys/net/ipv4/tcp_[!f]* \
    /proc/sys/net/ipv4/tcp_fastopen /proc/sys/net/ipv4/tcp_fin_timeout \
    /sys/devices/system/cpu/online /sys/devices/system/cpu/smt/control /sys/devices/system/node/online \
    /sys/devices/system/node/node*/cpulist /sys/devices/system/cpu/cpu0/cache/index3/size \
    /sys/devices/system/cpu/vulnerabilities/* /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor \
    /sys/devices/system/cpu/cpuidle/current_driver /sys/devices/system/memory/block_size_bytes \
    /sys/devices/system/clocksource/clocksource0/current_clocksource \
    /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/transparent_hugepage/defrag \
    /sys/kernel/security/lsm /sys/fs/selinux/enforce /sys/module/apparmor/parameters/enabled \
    /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/bios_version \
    /sys/class/dmi/id/chassis_asset_tag /sys/class/dmi/id/product_uuid /sys/hypervisor/uuid /sys/hypervisor/type \
    /sys/class/net/*/mtu /sys/class/net/*/tx_queue_len /sys/class/net/*/device/vendor \
    /sys/block/*/size /sys/block/*/serial /sys/block/*/device/model /sys/block/*/device/serial \
    /sys/block/*/queue/scheduler /sys/block/*/queue/nr_requests /sys/block/*/queue/rotational \
    /sys/block/*/queue/write_cache /sys/block/*/queue/read_ahead_kb \
    /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us \
    /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes \
    /etc/os-release /etc/machine-id /var/lib/cloud/data/instance-id /etc/ssh/ssh_host_ed25519_key.pub \
    /var/run/reboot-required /var/lib/update-notifier/updates-available /etc/tuned/active_profile | cut -b -8192
grep -Hs -e '^MemTotal:' -e '^Uid:' -e '^Cpus_allowed_list:' -e ' / ' -e '^/dev/' -e '	00000000	' \
    /proc/meminfo /proc/self/status /proc/mounts /proc/net/route
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
# A record is 512 bytes of name and 2048 of value: five lines.
echo "@@ kvp-records"
[ -r /var/lib/hyperv/.kvp_pool_3 ] && tr '\000\n' '  ' </var/lib/hyperv/.kvp_pool_3 | fold -b -w 512 | sed 's/ *$//'
echo
vmbus=
[ -d /sys/bus/vmbus/devices ] && vmbus=yes
# What the kernel said when it was booted goes stale when the machine moves: its CPUID does not. For root, and only
# where the kernel's module for it is loaded.
echo "@@ cpuid"
[ -n "$vmbus" ] && [ -r /dev/cpu/0/cpuid ] &&
    dd if=/dev/cpu/0/cpuid bs=16 count=1 iflag=skip_bytes skip=1073741826 2>/dev/null | od -A n -t x4
echo "@@ kernel-log"
[ -n "$vmbus" ] && { dmesg 2>/dev/null && echo 'could be read'; } | grep -E \
    '^could be read$|Hyper-V: Host Build|Data path switched|VF slot [0-9]+ (added|removed)' | tail -n 200
echo "@@ packages"
[ -r /var/lib/dpkg/status ] && sha256sum /var/lib/dpkg/status
[ -r /lib/apk/db/installed ] && sha256sum /lib/apk/db/installed
for database in /usr/lib/sysimage/rpm /var/lib/rpm; do
    for database in "$database/rpmdb.sqlite" "$database/Packages.db" "$database/Packages"; do
        [ -r "$database" ] && stat -L -c '%s-%Y %n' "$database"
    done
done
echo "@@ links"
ls -ld /sys/class/net/*/device/driver /sys/class/net/*/master /sys/block/*/device /dev/disk/by-id/* \
    /dev/disk/azure/resource /dev/disk/azure/local/by-*/* /dev/disk/by-label/Temporary*
echo "@@ queues"
printf '%s\n' /sys/class/net/*/queues/*
# The first four cards. What is below another one (a VF below Azure's synthetic card) is a part of that one. And what
# the default route leads over, which in a container is no device.
nics=; count=0; default=
while read -r nic target rest; do
    [ "$target" = 00000000 ] && [ -z "$default" ] && default=$nic
done </proc/net/route
[ -n "$default" ] && [ ! -e "/sys/class/net/$default/device" ] && nics=$default
for nic in /sys/class/net/*/device; do
    nic=${nic%/device}
    { [ -e "$nic/device" ] && [ ! -e "$nic/master/device" ] && [ "$count" -lt 4 ]; } || continue
    nics="$nics ${nic##*/}"; count=$((count + 1))
done
has_ethtool=
command -v ethtool >/dev/null && has_ethtool=yes
echo "@@ ethtool"
for nic in ${has_ethtool:+$nics}; do
    for what in i k l; do
        echo "# $nic $what"
        ethtool "-$what" "$nic"
    done
done 2>/dev/null
# What counts up is no fact: it says over which path the bytes of a trial went (bench/analyse/paths.py).
echo "@@ counters"
grep -Hs '' /sys/class/net/*/statistics/[rt]x_bytes
grep -Hs '^cpu ' /proc/stat
for nic in ${has_ethtool:+$nics}; do
    [ "/sys/class/net/$nic/device/driver" -ef /sys/bus/vmbus/drivers/hv_netvsc ] || continue
    echo "# $nic S"
    ethtool -S "$nic" 2>/dev/null | grep -E '^ *(vf_|[rt]x_queue_[0-9]+_bytes)'
done
# A cloud is asked about this machine only where the firmware says which one it is, for 0.3 s at most, by bash without
# another process; leaves only, because whole documents hold the user's own data. Nothing here has a side effect, as
# asking for scheduled events would.
echo "@@ metadata"
service=169.254.169.254/80
cloud= tag= vendor= product= bios=
read -r tag </sys/class/dmi/id/chassis_asset_tag
read -r vendor </sys/class/dmi/id/sys_vendor
read -r product </sys/class/dmi/id/product_name
read -r bios </sys/class/dmi/id/bios_version
case "$tag:$vendor:$product:$bios" in
    7783-7084-3265-9085-8269-3286-77:*) cloud=azure ;;
    *:"Amazon EC2":* | *amazon) cloud=aws ;;
    *:Google:* | *:"Google Compute Engine":*) cloud=gce ;;
esac
# shellcheck disable=SC2016  # bash shall expand them
[ -n "$cloud" ] && echo "cloud:$cloud" && BASH_ENV='' timeout 0.3 bash -c '
    header= method=GET
    get() {
        reply= body=
        exec 3<>"/dev/tcp/$service" || return
        printf "%s %s HTTP/1.0\r\nHost: %s\r\n%s\r\n\r\n" "$method" "$1" "${service%/*}" "$header" >&3
        read -r -d "" -u 3 -n 100000 reply
        exec 3>&-
        [[ $reply == HTTP/1.?\ 200* ]] && body=${reply#*$'"'\r\n\r\n'"'} && body=${body//[$'"'\r\n'"']/ }
    }
    leaf() { get "$2" && printf "%s:%s\n" "$1" "$body"; }
    service=$1
    case $2 in
        azure)
            header="Metadata: true"
            azure=/metadata/instance/compute version=2021-12-13
            get "$azure?api-version=$version&format=json"
            for name in vmSize location zone vmId; do
                field="\"$name\": *\"([^\"]*)\""
                [[ $body =~ $field ]] && printf "%s:%s\n" "$name" "${BASH_REMATCH[1]}"
            done
            field="\"host\": *\{ *\"id\": *\"([^\"]*)\""
            [[ $body =~ $field ]] && printf "host:%s\n" "${BASH_REMATCH[1]}"
            leaf storage "$azure/storageProfile?api-version=$version&format=json" ;;
        aws)
            method=PUT header="X-aws-ec2-metadata-token-ttl-seconds: 60"
            get /latest/api/token || exit
            method=GET header="X-aws-ec2-metadata-token: $body"
            for name in instance-id instance-type placement/region placement/availability-zone-id placement/host-id; do
                leaf "$name" "/latest/meta-data/$name"
            done ;;
        gce)
            header="Metadata-Flavor: Google"
            for name in id machine-type zone cpu-platform attributes/physical_host; do
                leaf "$name" "/computeMetadata/v1/instance/$name"
            done ;;
    esac
' bash "$service" "$cloud"
echo "@@ end"
