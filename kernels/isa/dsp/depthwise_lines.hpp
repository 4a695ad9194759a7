// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/generic/window.hpp"
#include "kernels/isa/dsp/finish.hpp"
#include "kernels/isa/dsp/packing.hpp"

namespace tinyml::kernels::generic {

/// A 3x3 depthwise convolution with a stride of 1 or 2. Filter: nine taps a channel. The bias holds
/// what the input's zero point adds.
template <typename Arithmetic> struct DepthwiseLines {
  Window window;
  const std::int8_t *filter;
  std::int8_t padding; ///< the input's zero point
  Arithmetic arithmetic;
};

/// The channel's taps as pairs of halves, so that two products take one instruction.
struct LineTaps {
  std::uint32_t first[3]; ///< taps 0 and 1 of a row
  std::uint32_t last[3];  ///< taps 1 and 2

  explicit LineTaps(const std::int8_t *taps) {
    for (int row = 0; row < 3; ++row, taps += 3) {
      const auto half = [](std::int8_t tap) {
        return static_cast<std::uint32_t>(static_cast<std::uint16_t>(tap));
      };
      first[row] = half(taps[0]) | half(taps[1]) << 16;
      last[row] = half(taps[1]) | half(taps[2]) << 16;
    }
  }
};

/// Three rows of one channel, widened and padded. Rows come in order; the oldest is replaced.
class ChannelLines {
public:
  ChannelLines(void *scratch, const Window &w)
      : length_(
            isa::depthwise_line_length(w.input_width, w.output_width, w.stride_width, w.pad_left)),
        line_{static_cast<std::int16_t *>(scratch), static_cast<std::int16_t *>(scratch) + length_,
              static_cast<std::int16_t *>(scratch) + 2 * length_} {}

  void pad_all(std::int16_t padding) {
    for (int i = 0; i < 3 * length_; ++i) {
      line_[0][i] = padding;
    }
  }

  /// Makes room for the next row: the margins keep their padding.
  std::int16_t *next(int pad_left) {
    std::int16_t *oldest = line_[0];
    line_[0] = line_[1];
    line_[1] = line_[2];
    line_[2] = oldest;
    return oldest + pad_left;
  }
  [[nodiscard]] const std::uint32_t *row(int i) const {
    return reinterpret_cast<const std::uint32_t *>(line_[i]);
  }

private:
  int length_;
  std::int16_t *line_[3];
};

/// Takes row `y` of a channel; outside of the image it is all padding.
inline void take_row(ChannelLines &lines, const Window &w, const std::int8_t *channel, int y,
                     std::int16_t padding) {
  std::int16_t *to = lines.next(w.pad_left);
  const int step = w.input_channels;
  if (y < 0 || y >= w.input_height) {
    for (int x = w.input_width; x > 0; --x) {
      *to++ = padding;
    }
    return;
  }
  const std::int8_t *from = channel + y * w.input_width * step;
#pragma GCC unroll 4
  for (int x = w.input_width; x > 0; --x, from += step) {
    *to++ = *from;
  }
}

/// Two neighbouring windows share their loads; the second one begins at the odd halves.
template <typename Finish>
inline void row_of_windows(const ChannelLines &lines, const LineTaps &taps, const Finish &finish,
                           int count, std::int8_t *output, int step) {
  const std::uint32_t *a = lines.row(0);
  const std::uint32_t *b = lines.row(1);
  const std::uint32_t *c = lines.row(2);
  const auto add = [](std::int32_t &even, std::int32_t &odd, const std::uint32_t *x,
                      std::uint32_t first, std::uint32_t last) {
    const std::uint32_t left = x[0];
    const std::uint32_t right = x[1];
    even = isa::dsp::multiply_low_high(isa::dsp::multiply_pair(even, left, first), right, last);
    odd = isa::dsp::multiply_pair(isa::dsp::multiply_high_low(odd, left, first), right, last);
  };
  for (; count > 0; count -= 2, ++a, ++b, ++c, output += 2 * step) {
    std::int32_t even = finish.start();
    std::int32_t odd = even;
    add(even, odd, a, taps.first[0], taps.last[0]);
    add(even, odd, b, taps.first[1], taps.last[1]);
    add(even, odd, c, taps.first[2], taps.last[2]);
    output[0] = finish(even);
    if (count > 1) {
      output[step] = finish(odd);
    }
  }
}

/// Every second window only.
template <typename Finish>
inline void row_of_wide_windows(const ChannelLines &lines, const LineTaps &taps,
                                const Finish &finish, int count, std::int8_t *output, int step) {
  const std::uint32_t *a = lines.row(0);
  const std::uint32_t *b = lines.row(1);
  const std::uint32_t *c = lines.row(2);
  const auto add = [](std::int32_t sum, const std::uint32_t *x, std::uint32_t first,
                      std::uint32_t last) {
    return isa::dsp::multiply_low_high(isa::dsp::multiply_pair(sum, x[0], first), x[1], last);
  };
  for (; count > 0; --count, ++a, ++b, ++c, output += step) {
    std::int32_t sum = add(finish.start(), a, taps.first[0], taps.last[0]);
    sum = add(sum, b, taps.first[1], taps.last[1]);
    *output = finish(add(sum, c, taps.first[2], taps.last[2]));
  }
}

/// Channel by channel, row by row: a row is written when the rows it needs have been taken, so
/// `output` may be `input` (and otherwise lies apart).
template <typename Arithmetic, typename Layer>
inline void depthwise_lines(const Layer &layer, const std::int8_t *input, std::int8_t *output,
                            void *scratch) {
  const DepthwiseLines<Arithmetic> p = layer;
  const Window w = p.window;
  ChannelLines lines(scratch, w);
  lines.pad_all(p.padding);
  const int channels = w.input_channels;
  for (int batch = 0; batch < w.batches; ++batch) {
    const std::int8_t *taps = p.filter;
    for (int channel = 0; channel < channels; ++channel, taps += 9) {
      const LineTaps pairs(taps);
      const auto finish = isa::dsp::finish_of(p.arithmetic, channel);
      std::int8_t *to = output + channel;
      int taken = -w.pad_top;
      for (int y = 0, top = -w.pad_top; y < w.output_height; ++y, top += w.stride_height) {
        for (; taken < top + 3; ++taken) {
          take_row(lines, w, input + channel, taken, p.padding);
        }
        if (w.stride_width == 1) {
          row_of_windows(lines, pairs, finish, w.output_width, to, channels);
        } else {
          row_of_wide_windows(lines, pairs, finish, w.output_width, to, channels);
        }
        to += w.output_width * channels;
      }
    }
    input += w.input_height * w.input_width * channels;
    output += w.output_height * w.output_width * channels;
  }
}

} // namespace tinyml::kernels::generic
