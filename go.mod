module example.com/tandem

go 1.26
