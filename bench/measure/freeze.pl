# A ticker: says when this machine stood still, or when its clock was set, and for how long. Read by bench/analyse/freezes.py.
# It wakes four times a second, reads three clocks, and ends with the job or when the job is gone. A stop began somewhere
# between two ticks, so half a period is taken off: the error is at most an eighth of a second. Debian's smallest perl
# has no Time::HiRes: then hundredths of the seconds since boot do, and whole seconds of the clock.
use strict;
my $fine = eval { require Time::HiRes; Time::HiRes::clock_gettime(7); 1 };
my ($period, $gap, $step, $ended) = (0.25, 0.3, $fine ? 0.1 : 1.5, 0);
$| = 1;
$SIG{TERM} = sub { $ended = 1 };
my $job = getppid();
sub first_of { open(my $file, '<', shift) or return (0, 0); return split ' ', <$file> }
sub clocks {    # realtime, monotonic, boottime
    return map { Time::HiRes::clock_gettime($_) } (0, 1, 7) if $fine;
    my ($up) = first_of('/proc/uptime');
    return (time, $up, $up);
}
sub waited { my (undef, $ns) = first_of('/proc/self/schedstat'); return ($ns || 0) / 1e9 }    # ready, and not let run
my ($r, $m, $b) = clocks();
my $w = waited();
printf "start %.3f %.3f %.3f\n", $r, $m, $b;
while (!$ended && getppid() == $job) {
    select(undef, undef, undef, $period);
    my ($r2, $m2, $b2) = clocks();
    my $w2 = waited();
    my $late = $b2 - $b - $period;
    my $moved = ($r2 - $r) - ($b2 - $b);
    printf "gap %.3f %.3f %.3f\n", $r2, $late + $period / 2, $w2 - $w if $late > $gap;
    printf "step %.3f %.3f\n", $r2, $moved if abs($moved) > $step;
    ($r, $m, $b, $w) = ($r2, $m2, $b2, $w2);
}
my ($user, $system) = times;
printf "end %.3f %.3f %.3f %.3f\n", clocks(), $user + $system;
