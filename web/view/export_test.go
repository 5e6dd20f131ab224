package view

// FileDiff lets tests see how one file's diff is made ready to show.
var FileDiff = diffFile
