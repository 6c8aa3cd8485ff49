"""The English of what analysing says, one key per phrase.

`{name}` is filled in, `{name!r}` in quotes; `{name:and}` joins a list with the words of "join.and".
"""

from __future__ import annotations

from bench.words.english_flags import FLAGS

ENGLISH: dict[str, str] = FLAGS | {
    # how lists are joined, and what stands for what is not named
    "join.comma": ", ",
    "join.and": " and ",
    "join.and.inner": ", ",
    "join.or": ", or ",
    "join.or.inner": ", ",
    "join.semicolon": "; ",
    "join.sentence": " ",
    "joined.comma": "{items}",
    "joined.and": "{items:and}",
    "joined.or": "{items:or}",
    "joined.semicolon": "{items:semicolon}",
    "joined.sentence": "{items:sentence}",
    "quoted": "{text}",
    "names.cut": "{names} …",
    "names.also": "{names} and {n} more",
    "names.rest": "and {n} more",
    # numbers
    "percent": "{number} %",
    "range": "{low} … {high}",
    "percent.huge": "more than 1000 %",
    "signed": "{sign}{size}",
    "seconds": "{number} s",
    "minutes": "{number} min",
    "hours": "{number} h",
    "session.one": "{n} session",
    "session.many": "{n} sessions",
    "value.one": "{n} value",
    "value.many": "{n} values",
    "metric.one": "{n} metric",
    "metric.many": "{n} metrics",
    "control.one": "{n} control",
    "control.many": "{n} controls",
    "target.one": "{n} target",
    "target.many": "{n} targets",
    "other.one": "{n} other change",
    "other.many": "{n} other changes",
    # what would settle a verdict (bench.analyse.settle)
    "settle.confounded": "undo or declare what else changed ({confounders}), then measure both tags again",
    "settle.again.one": "at least one more session per tag",
    "settle.again.two": "at least two sessions in both tags",
    "settle.no_events": "no events in either tag: {more}",
    "settle.few_events": (
        "events on fewer than {least} targets cannot be told from their drift: measure more targets that have any"
    ),
    "settle.few_events.single": (
        "events on fewer than {least} targets cannot be told from their drift: measure several targets"
    ),
    "settle.host_moved": (
        "its host changed, so one target cannot tell host from change: measure {least} or more targets"
    ),
    "settle.host_moved.single": (
        "its host changed, so one target cannot tell host from change: measure targets that stayed on their host"
    ),
    "settle.censored": (
        "both phases reach the limit of the size, which hides any change: look at what can still move there, such "
        "as cycles per byte, or measure a size with more room"
    ),
    "settle.drift": (
        "it drifts from session to session, and more in a row drift on: reset what grows before each session, or "
        "measure the phases alternately (A B, B A)"
    ),
    "settle.unstable": (
        "its values are unsteady (see its flags): find what switches or disturbs them, then measure both tags again"
    ),
    "settle.detectable": "{goal}; detectable now: {detectable}",
    "settle.see": "{ways:or}, to see a change of {margin}",
    "settle.or": "{ways:or}",
    "settle.sessions.unknown": "more sessions per tag (how sessions scatter is not known yet)",
    "settle.sessions": "about {more} per tag",
    "settle.targets": "about {more}",
    "settle.targets.many": "more than {many} more targets",
    "settle.targets.more": "more targets",
    "settle.targets.other": "other targets (more sessions of this one would not show it)",
    "more.session.one": "{n} more session",
    "more.session.many": "{n} more sessions",
    "more.target.one": "{n} more target",
    "more.target.many": "{n} more targets",
    "settle.nobody": "no target was measured in both tags: measure the same ones",
    "settle.controls_only": "only control targets were measured: measure targets that were changed",
    "settle.other_tag": "measure it in {tag!r} too",
    "settle.other_tag.params": "measure it in {tag!r} too (there it was measured with other parameters: {params})",
    "confounder.machine": "another machine: {name} {before} → {after}",
    "confounder.tool": "tool {digests}",
    "confounder.ways": "{first} and {others} of it",
    "params.change": "{name} {before} → {after}",
    "params.absent": "absent",
    "params.unit": "unit",
    # warnings of a metric and of a comparison
    "warning.aside.held": "not pooled, at the limit of its size unlike the others: {names}",
    "warning.aside.moved": "not pooled, changed its host unlike the others: {names}",
    "warning.aside.stayed": "not pooled, stayed on its host unlike the others: {names}",
    "warning.shared": ("{targets} targets share machines and count as {count}: what shares a machine moves together"),
    "warning.no_events": "no events in either tag",
    "warning.lone": "{alone} of {total} targets were measured in one of the tags only",
    "warning.shock": "something hit machines on which nothing was changed: {controls} moved",
    "warning.shock.to": "something hit machines on which nothing was changed: {controls} moved to {ratio}",
    "warning.shocks": (
        "something hit machines on which nothing was changed: {metrics} moved on the controls ({named}); see the "
        "effects net of controls"
    ),
    "warning.shock.metric": "{suite} {title} {ratio}",
    "warning.gone": "moved to another host, so no control any more: {names}",
    "warning.close": (
        "sessions began less than 6 h apart, without a reboot between them, so they are more alike than the intervals "
        "assume: {tags}"
    ),
    "warning.close.tag": "{sessions} of {tag!r} (smallest gap {gap} min)",
    "warning.rounds": (
        "{before!r} and {after!r} were measured alternately, in {rounds} rounds: differences within rounds are compared"
    ),
    "warning.hosts": (
        "whether the host changed is not known for {names}: with one or two targets the intervals do not cover an "
        "unnoticed move"
    ),
    "warning.no_facts": "no facts were taken in both phases of {names}: what else changed there is not known",
    "warning.credits": "burstable size: {names}; saved CPU credits, not the change, may decide what is measured there",
    "warning.no_metric": "no metric is called {name!r}",
    "warning.no_target": "no target is called {name!r}",
    "limit": "the limit {value} {unit} of {metric!r}",
    "limit.no_metric": "{limit}: no metric is called so",
    "limit.other_unit": "{limit} is not in a unit of that metric ({unit})",
    "limit.lower": "{limit}: only metrics of which more is better have limits",
    "warned": "{tag!r}: {message} (in {hit} of {sessions})",
    "warned.also": "{tag!r}: {message} (in {hit} of {sessions}, also {places})",
    "warned.of": "{who}: {message}",
    "warned.unread": "{tag!r}: what run {run} warned of is not known: its events {problem}",
    "told.unread": "whether an earlier report said something else is not known: {where} {problem}",
    "problem": "{trial}: {message}",
    # looks
    "look.lost": (
        "the look taken after run {run} cannot be read: its α is spent, and whether it ended the campaign is not known"
    ),
    "look": (
        "look {number} of {total} after {before} + {after} sessions, at α = {alpha} ({spent} of 0.05 spent): {said}"
    ),
    "look.DECIDED": "every primary metric is decided",
    "look.FUTILE": "more sessions are not likely to decide what is open",
    "look.LAST": "it was the last one",
    "look.UNDECIDED": "not everything is decided yet",
    # what is left out
    "excluded.session": "values of a session",
    "excluded.session.why": "no session of the other phase makes a round with it",
    "excluded.values": "values",
    "excluded.late": "measured after the look that ended the campaign",
    "excluded.nan": "not a number",
    "excluded.infinite": "infinite",
    "excluded.negative": "negative",
    "excluded.zero": "zero in a metric that is compared as a ratio",
    "excluded.tainted": (
        "tainted: meanwhile the machine stood still, its clock was set, its data path was switched, or it was under "
        "maintenance or acted upon"
    ),
    "damaged.run": "damaged in the store: run {run}",
    "damaged.in": "damaged in the store: {run}",
    "damaged.trial": "damaged in the store: {run}, trial {trial}",
    "damaged.others": "damaged in the store: others",
    "damaged.remedy": (
        "`bench verify` names everything, `bench repair` moves it aside so that `bench resume` measures it anew"
    ),
    "cause": "{status}: {cause}",
    "cause.damaged": "damaged: {problem}",
    "cause.not_started": "not started",
    "status.ok": "ok",
    "status.failed": "failed",
    "status.timeout": "timeout",
    "status.interrupted": "interrupted",
    "left.absent": "not measured in {tags:and}",
    "left.moved": "changed its host, unlike others, between {before} and {after}",
    "left.stayed": "stayed on its host, unlike others, between {before} and {after}",
    "left.held": "was at its published limit, unlike others, between {before} and {after}",
    # problems of stored trials
    "taint": "{target}: {why}; the values of this trial do not count",
    "taint.froze": "stood still for {seconds} s",
    "taint.froze.times": "stood still {times} times, for up to {seconds} s",
    "taint.clock": "its clock was set by {seconds} s",
    "taint.clock.times": "its clock was set {times} times, by up to {seconds} s",
    "taint.switched": "its data path was switched ({line})",
    "taint.switched.times": "its data path was switched, {times} times ({line})",
    "taint.maintenance": "maintenance of {target} ran from {since} to {until} ({details})",
    "taint.maintenance.open": "maintenance of {target} ran from {since} on, and its end was not seen ({details})",
    "taint.action": "{target} was acted upon by vmbench from {since} to {until} ({details})",
    "taint.action.open": "{target} was acted upon by vmbench from {since} on, and the end was not seen ({details})",
    "span.inside": "its metadata service",
    "span.number": "event {number}",
    "happened.open": "{details}; its end was not seen",
    "happened.froze": "stood still for {seconds} until {time}",
    "problem.events": "whether maintenance overlapped its trials is not known: its events {problem}",
    "problem.unwatched": "{target}: the freeze probe did not run (it needs perl there)",
    "problem.freeze_log": "the log of the freeze probe of attempt {attempt}: {problem}",
    "problem.probe": "what the probe said around attempt {attempt}: {problem}",
    "problem.no_suite": "there is no suite called {suite!r} here, so its results cannot be read",
    "problem.no_file": "the trial succeeded but names no file with results",
    "problem.file": "{path} of attempt {attempt}: {problem}",
    "problem.parser": "{path}: the parser of {suite} failed ({error})",
    "problem.no_value": "no value was found in its results",
    "problem.facts": "{file} of attempt {attempt}: {problem}; facts of it are left out",
    "problem.metric": "{count} values of {metric!r} left out: suite {suite} declares no such metric",
    "problem.damage": "{path} {problem}",
    # whose effect it is
    "factor.none": "not declared",
    "attribution.replaced": (
        "Identity changed: {name} is not the machine it was ({field} {before} → {after}), so a difference may be one "
        "between machines."
    ),
    "attribution.replaced.more": (
        "Identity changed: {name} and {more} more are not the machines they were ({field} {before} → {after}), so a "
        "difference may be one between machines."
    ),
    "attribution.credits": (
        "{targets}: redeployed, and of a burstable size, so the CPU credits were reset: before and after differ by "
        "construction."
    ),
    "attribution.declared": "Declared: {factors:and}.",
    "attribution.confounded": (
        "Undeclared changes: {changes:semicolon}. They may explain a difference as well as {factors:and} does."
    ),
    "attribution.confounded.alike": (
        "Undeclared changes: {changes:semicolon}. They may explain a difference between phases that were declared "
        "alike."
    ),
    "attribution.unknown": "No facts were taken in both phases, so what else changed is not known.",
    "attribution.undeclared": (
        "No factor is declared to differ between the phases; these facts changed: {changes:semicolon}."
    ),
    "attribution.undeclared.same": "No factor is declared to differ between the phases, and no fact changed.",
    "attribution.joint": "{factors:and} changed together: their joint effect, not separable.",
    "attribution.attributed": (
        "Only {factors:and} was declared to change, and no fact of another layer moved: the effect is that of "
        "{factors:and}."
    ),
    "attribution.free": "{factors:and} names no layers, so this rests on the declaration alone.",
    "attribution.unlike": (
        "Moved to hosts of another kind: {changes:semicolon}. That may explain a difference as well as {factors:and} "
        "does."
    ),
    "attribution.unlike.alike": (
        "Moved to hosts of another kind: {changes:semicolon}. That may explain a difference between phases that were "
        "declared alike."
    ),
    "attribution.not_observed": (
        "Only {factors:and} was declared to change, and no fact shows that it happened: the phase may not be what its "
        "tag says, and the cause of a difference is not known."
    ),
    "attribution.missing": "But no fact shows that {factors:and} happened.",
    "attribution.missed": "But no fact shows that {factors:and} happened on {where}.",
    "attribution.relocated": "Moved to another host, so judged apart from those that stayed: {targets}.",
    "attribution.relocated.all": "All targets moved to another host.",
    "attribution.varied": "Values joined by “|” were seen within one phase, which then is not one state.",
    "attribution.unseen": (
        "Nothing is known of {layers:and} in both phases of every target: a change there would not have been seen."
    ),
    "attribution.change": "{layer} {name} {before} → {after} on {where}",
    "attribution.change.others": "{layer} {name} {before} → {after} on {where}, and {others} on {rest}",
    "attribution.change.each": "{n} different changes of {layer} {name} on {where}",
    "where.all": "all {n} targets",
    "where.some": "{n} of {total} targets",
    "where.named": "{names} (of {total} targets)",
    "where.but": "{where}; {names} unchanged",
    "attribution.path": (
        "But {tag!r} declares {factor} {level}, and {share} of the bytes of {target} went through the VF ({trials} of "
        "{total} network trials)."
    ),
    "attribution.path.more": "So it is on {n} more.",
}
