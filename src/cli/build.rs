pub(super) fn run(_: &super::args::BuildArgs) -> crate::base::Result<super::outcome::Ending> { unimplemented!() }
