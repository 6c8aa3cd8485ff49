# A ticker: says when this machine stood still, or when its clock was set, and for how long. Read by bench/analyse/freezes.py.
# It wakes four times a second, holds nothing but three clocks, and ends with the job or when the job is gone.
use strict;
use Time::HiRes qw(clock_gettime sleep);
my ($realtime, $monotonic, $boottime, $period, $gap, $step, $ended) = (0, 1, 7, 0.25, 0.3, 0.1, 0);
$| = 1;
$SIG{TERM} = sub { $ended = 1 };
my $job = getppid();
sub clocks { return map { clock_gettime($_) } ($realtime, $monotonic, $boottime) }
sub waited {    # seconds that this process was ready and not let run, so far
    open(my $file, '<', '/proc/self/schedstat') or return 0;
    my (undef, $nanoseconds) = split ' ', <$file>;
    return ($nanoseconds || 0) / 1e9;
}
my ($r, $m, $b) = clocks();
my $w = waited();
printf "start %.3f %.3f %.3f\n", $r, $m, $b;
while (!$ended && getppid() == $job) {
    sleep($period);
    my ($r2, $m2, $b2) = clocks();
    my $stood = $b2 - $b - $period;
    my $moved = ($r2 - $r) - ($b2 - $b);
    my $w2 = waited();
    printf "gap %.3f %.3f %.3f\n", $r2, $stood, $w2 - $w if $stood > $gap;
    printf "step %.3f %.3f\n", $r2, $moved if abs($moved) > $step;
    ($r, $m, $b, $w) = ($r2, $m2, $b2, $w2);
}
my ($user, $system) = times;
printf "end %.3f %.3f %.3f %.3f\n", clocks(), $user + $system;
