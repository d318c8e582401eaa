pub(super) fn run(_: &super::args::ReportArgs) -> crate::base::Result<super::outcome::Ending> { unimplemented!() }
