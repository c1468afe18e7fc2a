"""Problem sets: one readable source each, and what turns it into releases, pages, marks and proofs.

Read it in the order of the work: `source` (a set, as written), `helpers` (what a student's notebook brings along),
`notebooks` (the release, nbgrader's source notebook, the page of the book), `leaks` (no answer in what students see),
`solutions` (every answer, for instructors).
Then the grading: `collect` (what was handed in, put into our own release), `worker` (runs beside the student's code, in
the `jail`), `judge` (compares plain numbers with the reference, where no student's code runs), `course` (nbgrader's
gradebook), `tables` (marks for other systems), `grade` (a folder of submissions). `fit` proves a set fit to be set;
`rehearse` has a class that is made up go through all of the grading.

The package `selfdistill` knows nothing of it.
"""
