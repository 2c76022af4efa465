package check

// ReportOf spares tests a second reading of an assembly that they have read.
var ReportOf = reportOf
