"""The analysing half: from stored runs to verdicts.

1. `samples` parses the raw files of runs into one tidy table, cached beside each run.
2. `transform` puts values on one scale (natural logarithm, base units, positive is better).
3. `levels` reduces values to one level per target and tag: sessions, then their mean.
4. `estimate` pools targets into an effect with its standard error; `counts` does so for events that can be 0.
5. `multiplicity` says how strict each of many metrics must be; `verdict` decides, `settle` says what would settle it;
   `flags` says what is odd about the values, `flag_reasons` what that does to a verdict.
6. `facts` reads back what the targets were, `attribution` judges declared factors against it.
7. `compare` puts all of it into one `Comparison`; `coverage` counts what is missing; `frames` makes tables.

`published` reads tables of numbers that others published, so that they enter the store like measured ones.

Nothing here touches a target, prints, or reads a clock. Each module is imported where it is used: they need pandas.
"""
