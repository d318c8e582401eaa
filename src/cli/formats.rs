pub(super) fn run(_: &super::args::FormatsArgs) -> crate::base::Result<super::outcome::Ending> { unimplemented!() }
