"""Options (mogelijkheden): can this student move in the present timetable, what else changes, if not, why.

Pure: no I/O, no framework, nothing else of the service. What is asked about is a `Department`, what is asked
a `Question`; the rules and the order of the answers are in docs/decisions/0009.
"""
