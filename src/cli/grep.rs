pub(super) fn run(_: &super::args::GrepArgs) -> crate::base::Result<super::outcome::Ending> { unimplemented!() }
