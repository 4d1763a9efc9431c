window.BENCHMARK_DATA = {
  "lastUpdate": 1700000300000,
  "repoUrl": "https://example.com/user/repo",
  "entries": {
    "Rust": [
      {
        "commit": {
          "id": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "message": "Change bbb\n\nMore",
          "timestamp": "2023-11-14T23:00:00+01:00",
          "url": ""
        },
        "date": 1700000200000,
        "tool": "cargo",
        "benches": [
          {
            "name": "sum",
            "value": 110,
            "range": "\u00b1 20",
            "unit": "ns/iter"
          }
        ]
      },
      {
        "commit": {
          "id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "message": "Change aaa\n\nMore",
          "timestamp": "2023-11-14T21:00:00Z",
          "url": ""
        },
        "date": 1700000100000,
        "tool": "cargo",
        "benches": [
          {
            "name": "sum",
            "value": 100,
            "range": "\u00b1 20",
            "unit": "ns/iter"
          }
        ]
      }
    ],
    "Go": [
      {
        "commit": {
          "id": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "message": "Change bbb\n\nMore",
          "timestamp": "2023-11-14T23:00:00+01:00",
          "url": ""
        },
        "date": 1700000300000,
        "tool": "go",
        "benches": [
          {
            "name": "BenchmarkSum",
            "value": 7.5,
            "unit": "ns/op\t16 B/op\t2 allocs/op",
            "extra": "9 times"
          },
          {
            "name": "BenchmarkSum - ns/op",
            "value": 7.5,
            "unit": "ns/op"
          },
          {
            "name": "BenchmarkSum - B/op",
            "value": 16,
            "unit": "B/op"
          }
        ]
      }
    ]
  }
}
