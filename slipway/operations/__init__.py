"""What people do to a service that runs: pause, go on, back, more pods. Decided purely, written thinly."""
